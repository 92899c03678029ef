//! Applications as `karat.yaml` writes them.

use std::path::Path;

use crate::base::{Diagnostic, ModelRef, Place, Problems, SafeName};
use crate::config::{AppConfig, Config, Env, Overrides, ProcessKind, ProcessMode, ProviderConfig};

fn load(yaml: &str, env: &[(&str, &str)]) -> (Config, Vec<Diagnostic>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("karat.yaml"), yaml).unwrap();
    let mut problems = Problems::new();
    let env = Env::from_pairs(env.iter().copied());
    let config = Config::load(folder.path(), &env, &Overrides::default(), &mut problems);
    let found = problems.sorted().into_iter().cloned().collect();
    (config, found)
}

fn told(yaml: &str) -> Vec<(&'static str, String)> {
    let pointer = |d: &Diagnostic| d.place.as_ref().map(Place::pointer).unwrap_or_default();
    load(yaml, &[]).1.iter().map(|d| (d.code, pointer(d))).collect()
}

fn provider<'c>(config: &'c Config, name: &str) -> &'c ProviderConfig {
    config.provider(&SafeName::parse(name).unwrap()).unwrap()
}

#[test]
fn everything_wrong_with_an_application_is_told_at_once() {
    let yaml = r#"providers:
  a:
    type: http
    request:
      metod: POST
      url: "http://{{ input }}/chat"
      headers: {"X A": b, Authorization: secret-as-it-is, X-Q: "{{ promt }}"}
      body: {q: "{{ input", r: "{{ session.token }}"}
    response: {text: "answer", contexts: "$.a[", cots: $.x}
    stream: {format: see, text: $.delta}
    session: {extract: {token: $.token}, every: hour}
  b:
    type: exec
    command: "python3 app.py"
    env: ["sk-not-a-name"]
    file: app.py
  c: {type: python}
  d: {type: openai, request: {url: "http://127.0.0.1:1/"}}
"#;
    let found = told(yaml);
    let codes: Vec<&str> = found.iter().map(|(code, _)| *code).collect();
    for code in [
        "unknown-key",
        "invalid-url",
        "invalid-header",
        "literal-key",
        "unknown-slot",
        "invalid-slot",
        "invalid-jsonpath",
        "unknown-value",
        "invalid-value",
        "missing-field",
    ] {
        assert!(codes.contains(&code), "{code} in {found:?}");
    }
    assert!(found.contains(&("unknown-key", "karat.yaml:5:7".to_owned())), "{found:?}");
    assert_eq!(codes.iter().filter(|code| **code == "invalid-jsonpath").count(), 2, "{found:?}");
    assert_eq!(codes.iter().filter(|code| **code == "literal-key").count(), 2, "{found:?}");
    let (_, problems) = load(yaml, &[]);
    let text: String = problems.iter().map(|problem| problem.render(false)).collect();
    assert!(!text.contains("secret-as-it-is") && !text.contains("sk-not-a-name"), "{text}");
    assert!(text.contains("it cannot be read from character"), "{text}");
    assert!(text.contains("`command: [python3, app.py]`"), "{text}");
    assert!(text.contains("`request` is for `type: http`, this provider is `openai`"), "{text}");
    assert!(text.contains("provider `c` has no `file`"), "{text}");
}

#[test]
fn session_values_must_be_there() {
    let yaml = r#"providers:
  a:
    type: http
    request: {url: "http://127.0.0.1:1/", body: {t: "{{ session.tokn }}", i: "{{ session.id }}"}}
    session: {request: {url: "http://127.0.0.1:1/login"}, extract: {token: $.token}}
"#;
    let (_, problems) = load(yaml, &[]);
    let text: String = problems.iter().map(|problem| problem.render(false)).collect();
    assert_eq!(problems.len(), 1, "{text}");
    assert!(text.contains("a session has no `session.tokn`") && text.contains("did you mean `token`"), "{text}");
}

#[test]
fn addresses_are_whole_or_below_the_base_url() {
    let with = |keys: &str| told(&format!("providers:\n  a:\n    type: http\n{keys}"));
    assert!(with("    base_url: http://127.0.0.1:1\n    request: {url: /chat}\n").is_empty());
    for keys in [
        "    request: {url: /chat}\n",
        "    base_url: http://127.0.0.1:1\n    request: {url: 'http://127.0.0.1:2/chat'}\n",
        "    request: {url: 'http://user:password@127.0.0.1:2/chat'}\n",
        "    request: {url: 'ftp://127.0.0.1/chat'}\n",
        "    request: {url: 'http://127.0.0.1:{{ vars.port }}/chat'}\n",
        "    request: {url: '{{ vars.url }}'}\n",
        "    request: {url: '//evil/{{ input }}'}\n",
    ] {
        let codes: Vec<&str> = with(keys).iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, ["invalid-url"], "{keys}");
    }
}

#[test]
fn variables_are_filled_in_and_known_as_secrets() {
    let yaml = r#"providers:
  a:
    type: http
    request: {url: "${env.APP_URL}/chat?key=${env.KEY}", headers: {X-Token: "${env.TOKEN}"}, body: {password: "${env.PASSWORD}"}}
  b: {type: exec, command: [./app], env: [DATABASE_URL], set_env: {MODE: test}, mode: worker}
environments:
  staging: {providers: {a: {request: {url: "http://127.0.0.1:2/"}}}}
"#;
    let env = [
        ("APP_URL", "http://127.0.0.1:8080"),
        ("KEY", "key-in-a-query"),
        ("TOKEN", "{{ not_a_slot }}"),
        ("PASSWORD", "p"),
    ];
    let (config, problems) = load(yaml, &env);
    assert!(problems.is_empty(), "{problems:?}");
    let a = provider(&config, "a");
    let mut names = a.header_variables.clone();
    names.sort_unstable();
    assert_eq!(names, ["KEY", "PASSWORD", "TOKEN"], "an address is no secret");
    assert!(!a.app_written.to_string().contains("key-in-a-query"));
    let Some(AppConfig::Http(app)) = &a.app else { panic!("{:?}", a.app) };
    assert_eq!(app.request.address(), "http://127.0.0.1:8080/chat");
    assert!(app.request.headers[0].1.slots().next().is_none(), "values of variables are no templates");
    let b = provider(&config, "b");
    assert_eq!(b.header_variables, ["DATABASE_URL"]);
    let Some(AppConfig::Process(app)) = &b.app else { panic!("{:?}", b.app) };
    assert_eq!(
        (&app.kind, app.mode, app.command.as_slice()),
        (&ProcessKind::Command, ProcessMode::Worker, &["./app".to_owned()][..])
    );
    assert!(!format!("{config:?}").contains("key-in-a-query"));
}

#[test]
fn an_application_is_a_model_by_its_name_alone() {
    let yaml = "models: [my-app, echo]\nproviders:\n  my-app: {type: python, file: app.py}\n";
    let (config, problems) = load(yaml, &[]);
    assert!(problems.is_empty(), "{problems:?}");
    let models: Vec<String> = config.models.value.iter().map(ModelRef::to_string).collect();
    assert_eq!(models, ["my-app/default", "echo/default"]);
    let Some(AppConfig::Process(app)) = &provider(&config, "my-app").app else { panic!("no program") };
    assert!(matches!(&app.kind, ProcessKind::Python { file, function: None } if file.ends_with(Path::new("app.py"))));
    assert_eq!((app.command.as_slice(), app.mode), (&["python3".to_owned()][..], ProcessMode::Worker));
}
