//! Whole `karat.yaml` files through [`Config::load`].

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::base::{Diagnostic, Millis, Problems, SafeName, Usd};

struct Project(tempfile::TempDir);

impl Project {
    fn with(yaml: &str) -> Project {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("karat.yaml"), yaml).unwrap();
        Project(folder)
    }
    fn root(&self) -> &Path {
        self.0.path()
    }
    fn load(&self, env: &[(&str, &str)], overrides: &Overrides) -> (Config, Problems) {
        let mut problems = Problems::new();
        let env = Env::from_pairs(env.iter().copied());
        let config = Config::load(self.root(), &env, overrides, &mut problems);
        (config, problems)
    }
    fn sound(&self, env: &[(&str, &str)], overrides: &Overrides) -> Config {
        let (config, problems) = self.load(env, overrides);
        assert!(problems.is_empty(), "{}", problems.render(false));
        config
    }
}

fn problems_of(yaml: &str, env: &[(&str, &str)]) -> Vec<Diagnostic> {
    let (_, problems) = Project::with(yaml).load(env, &Overrides::default());
    problems.sorted().into_iter().cloned().collect()
}

fn codes(yaml: &str) -> Vec<(&'static str, String)> {
    let pointer = |d: &Diagnostic| d.place.as_ref().map(crate::base::Place::pointer).unwrap_or_default();
    problems_of(yaml, &[]).iter().map(|d| (d.code, pointer(d))).collect()
}

fn provider<'c>(config: &'c Config, name: &str) -> &'c ProviderConfig {
    config.provider(&SafeName::parse(name).unwrap()).unwrap()
}

/// Kinds that exist without a word in `karat.yaml`.
fn built_in() -> usize {
    WireName::all().filter(|wire| wire.kind().is_some_and(|kind| kind.built_in)).count()
}

#[test]
fn without_a_file_there_are_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let mut problems = Problems::new();
    let config = Config::load(folder.path(), &Env::default(), &Overrides::default(), &mut problems);
    assert!(problems.is_empty());
    assert_eq!(config.file, None);
    assert_eq!(config.calls, Setting::default_of(CallMode::Live));
    assert_eq!(config.concurrency.value, 20);
    assert_eq!(config.store.value, folder.path().join(".karat/karat.db"));
    assert_eq!(config.cache.ttl.value, Duration::from_secs(1_209_600));
    assert!(config.cache.enabled.value);
    let names: Vec<&str> = config.providers.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names.len(), built_in());
    assert!(names.is_sorted() && !names.contains(&"mock"), "{names:?}");
    assert_eq!(provider(&config, "anthropic").key_env.as_deref(), Some("ANTHROPIC_API_KEY"));
    assert_eq!(provider(&config, "openai").base_url, None);
    assert_eq!(provider(&config, "vllm").key_env, None);
    assert_eq!(provider(&config, "ollama").key_env, None, "a server of one's own");
}

#[test]
fn an_empty_file_means_defaults() {
    let config = Project::with("# nothing yet\n").sound(&[], &Overrides::default());
    assert_eq!(config.max_errors.value, 0);
}

#[test]
fn a_whole_file_is_read() {
    let project = Project::with(
        "calls: replay\nmodels: [openai/gpt-5.4-mini, local/qwen]\njudge: anthropic/claude-haiku-4-5\n\
         store: data/k.db\ncassettes: tapes\nprompts: p\nevals: e\nconcurrency: 8\n\
         cache: {enabled: false, ttl: 36h}\ndaily_cost_limit_usd: 0.1\nmax_tokens_per_request: 2000\nmax_errors: 3\n\
         prices: [{match: local/*, input: 0}]\n\
         providers:\n  local:\n    type: openai\n    base_url: http://127.0.0.1:8000/v1/\n\
         \x20   headers: {X-Team: qa}\n    limits: {rpm: 60, tpm: 1000, concurrency: 2}\n\
         \x20   timeouts: {connect: 2s, first_byte: 30s, total: 2m}\n    retries: {max_attempts: 5, deadline: 5m}\n\
         \x20 script: {type: mock, rules: mocks/rules.yaml}\n",
    );
    let config = project.sound(&[], &Overrides::default());
    let root = project.root();
    assert_eq!(config.calls.value, CallMode::Replay);
    assert_eq!(config.models.value.len(), 2);
    assert_eq!(config.judge.value.as_ref().unwrap().to_string(), "anthropic/claude-haiku-4-5");
    assert_eq!(config.store.value, root.join("data/k.db"));
    assert_eq!(
        [&config.cassettes.value, &config.prompts.value, &config.evals.value],
        [&root.join("tapes"), &root.join("p"), &root.join("e")]
    );
    assert_eq!((config.cache.enabled.value, config.cache.ttl.value), (false, Duration::from_secs(36 * 3600)));
    assert_eq!(config.daily_cost_limit.value, Some(Usd::parse("0.1").unwrap()));
    assert_eq!((config.max_tokens_per_request.value, config.max_errors.value), (Some(2000), 3));
    assert_eq!(config.prices.as_ref().unwrap().node.as_list().unwrap().len(), 1);

    let local = provider(&config, "local");
    assert_eq!(local.base_url.as_deref(), Some("http://127.0.0.1:8000/v1"));
    assert_eq!(local.key_env, None, "a server of one's own takes no key unless one is named");
    assert_eq!(local.headers, [("X-Team".to_owned(), "qa".to_owned())]);
    assert_eq!(local.limits, Limits { rpm: Some(60), tpm: Some(1000), concurrency: Some(2), ..Limits::default() });
    assert_eq!(local.timeouts.connect_ms, Some(Millis(2_000)));
    assert_eq!(local.timeouts.total_ms, Some(Millis(120_000)));
    let retries = local.around.retries;
    assert_eq!((retries.max_attempts, retries.deadline_ms), (Some(5), Some(Millis(300_000))));
    assert_eq!(provider(&config, "script").rules, Some(root.join("mocks/rules.yaml")));
    assert_eq!(config.providers.len(), built_in() + 2);
}

#[test]
fn flag_beats_variable_beats_environment_beats_file() {
    let project = Project::with("concurrency: 2\nenvironment: ci\nenvironments:\n  ci: {concurrency: 3}\n  dev:\n");
    let flags = Overrides { concurrency: Some(5), ..Overrides::default() };
    let variable = [("KARAT_CONCURRENCY", "4")];
    let config = project.sound(&variable, &flags);
    assert_eq!((config.concurrency.value, &config.concurrency.origin), (5, &Origin::Flag("--concurrency")));
    let row = config.explain().into_iter().find(|(key, ..)| key == "concurrency").unwrap();
    let told = "flag --concurrency, beats `4` from environment variable KARAT_CONCURRENCY, \
                `3` from karat.yaml:4:21, `2` from karat.yaml:1:14";
    assert_eq!(row, ("concurrency".to_owned(), "5".to_owned(), told.to_owned()));
    let none = Overrides::default();
    assert_eq!(project.sound(&variable, &none).concurrency.value, 4);
    assert_eq!(project.sound(&[], &none).concurrency.value, 3);
    assert_eq!(project.sound(&[("KARAT_ENVIRONMENT", "dev")], &none).concurrency.value, 2);
    let chosen = Overrides { environment: Some("ci".to_owned()), ..Overrides::default() };
    let config = project.sound(&[("KARAT_ENVIRONMENT", "dev")], &chosen);
    assert_eq!(config.environment.value.as_deref(), Some("ci"));
    assert_eq!(config.concurrency.value, 3);
}

#[test]
fn the_environment_of_the_deployment_sets_the_limits() {
    let project = Project::with(
        "daily_cost_limit_usd: 50\nenvironments:\n  ci: {calls: replay, daily_cost_limit_usd: \"5\", max_tokens_per_request: 2000}\n",
    );
    let ci = Overrides { environment: Some("ci".to_owned()), ..Overrides::default() };
    let config = project.sound(&[], &ci);
    assert_eq!(config.daily_cost_limit.value, Some(Usd::parse("5").unwrap()));
    assert_eq!(config.calls.value, CallMode::Replay);
    let config = project.sound(&[("DAILY_COST_LIMIT_USD", "$1.50"), ("MAX_TOKENS_PER_REQUEST", "7")], &ci);
    assert_eq!(config.daily_cost_limit.value, Some(Usd::parse("1.5").unwrap()));
    assert_eq!(config.max_tokens_per_request.value, Some(7));
}

#[test]
fn other_variables_and_flags_are_heard() {
    let project = Project::with("");
    let env = [
        ("KARAT_CALLS", "record"),
        ("KARAT_MODELS", "a/b, c/d/e"),
        ("KARAT_STORE", "/var/k.db"),
        ("OPENAI_BASE_URL", "http://proxy/v1/"),
        ("KARAT_CONCURRENCY", ""),
    ];
    let flags = Overrides {
        no_cache: true,
        cache_ttl: Some(Duration::from_secs(60)),
        max_cost: Some(Usd::parse("2").unwrap()),
        ..Overrides::default()
    };
    let config = project.sound(&env, &flags);
    assert_eq!(config.calls.origin, Origin::Env("KARAT_CALLS"));
    assert_eq!(config.models.value.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a/b", "c/d/e"]);
    assert_eq!(config.store.value, PathBuf::from("/var/k.db"));
    assert_eq!(provider(&config, "openai").base_url.as_deref(), Some("http://proxy/v1"));
    assert_eq!(provider(&config, "anthropic").base_url, None);
    assert_eq!(config.concurrency.origin, Origin::Default, "an empty variable is not set");
    assert!(!config.cache.enabled.value);
    assert_eq!(config.cache.ttl.value, Duration::from_secs(60));
    assert_eq!(config.max_cost.value, Some(Usd::parse("2").unwrap()));
}

#[test]
fn bad_variables_are_reported_by_name() {
    let env = [
        ("KARAT_CALLS", "liev"),
        ("KARAT_CONCURRENCY", "0"),
        ("DAILY_COST_LIMIT_USD", "-1"),
        ("MAX_TOKENS_PER_REQUEST", "many"),
        ("KARAT_MODELS", "gpt-5"),
        ("OPENAI_BASE_URL", "ftp://x"),
    ];
    let found = problems_of("", &env);
    assert_eq!(found.len(), 6);
    for (name, _) in env {
        assert!(found.iter().any(|d| d.message.contains(&format!("`{name}`"))), "{name}");
    }
    assert!(found.iter().any(|d| d.message.contains("did you mean `live`?")));
}

#[test]
fn a_variable_beats_the_base_url_in_the_file_of_a_built_in_provider_alone() {
    let project = Project::with(
        "providers: {openai: {base_url: \"https://gateway.example/v1\", limits: {rpm: 3}}, \
         own: {type: openai, base_url: \"https://own.example/v1\"}}",
    );
    let url = |config: &Config, name| provider(config, name).base_url.clone();
    let moved = project.sound(&[("OPENAI_BASE_URL", "http://other")], &Overrides::default());
    assert_eq!(url(&moved, "openai").as_deref(), Some("http://other"));
    assert_eq!(provider(&moved, "openai").base_url_origin, Origin::Env("OPENAI_BASE_URL"));
    assert_eq!(url(&moved, "own").as_deref(), Some("https://own.example/v1"));
    let config = project.sound(&[], &Overrides::default());
    let openai = provider(&config, "openai");
    assert_eq!(openai.base_url.as_deref(), Some("https://gateway.example/v1"));
    assert_eq!(openai.key_env.as_deref(), Some("OPENAI_API_KEY"));
    assert_eq!(openai.wire, WireName::OPENAI);
    assert_eq!(config.providers.len(), built_in() + 1);
}

#[test]
fn the_loose_address_of_ollama_becomes_a_base_url() {
    let config = Project::with("calls: live").sound(&[("OLLAMA_HOST", "0.0.0.0:8080")], &Overrides::default());
    assert_eq!(provider(&config, "ollama").base_url.as_deref(), Some("http://127.0.0.1:8080"));
}

#[test]
fn an_environment_adjusts_a_provider_field_by_field() {
    let project = Project::with(
        "providers:\n  openai: {key_env: A, headers: {X-A: a, x-b: b}, limits: {rpm: 3, tpm: 9}}\n\
         environments: {ci: {providers: {openai: {key_env: null, headers: {X-B: c}, limits: {rpm: 4}}}}}\nenvironment: ci\n",
    );
    let config = project.sound(&[], &Overrides::default());
    let openai = provider(&config, "openai");
    assert_eq!(openai.key_env, None);
    assert_eq!(openai.headers, [("X-A".to_owned(), "a".to_owned()), ("X-B".to_owned(), "c".to_owned())]);
    assert_eq!((openai.limits.rpm, openai.limits.tpm), (Some(4), Some(9)));
}

#[test]
fn templates_are_filled_in_only_where_they_count() {
    let yaml = "providers:\n  gw:\n    type: openai\n    base_url: \"https://${env.HOST}/v1\"\n    key_env: GW_KEY\n\
                \x20   headers: {Authorization: \"Bearer ${env.TOKEN}\"}\n\
                environments:\n  prod: {store: \"${env.PROD_STORE}\", daily_cost_limit_usd: \"${env.PROD_LIMIT}\"}\n  ci: {}\n";
    let env = [("HOST", "gw.example"), ("TOKEN", "tok-123456"), ("GW_KEY", "key-123456")];
    let project = Project::with(yaml);
    let config = project.sound(&env, &Overrides::default());
    let gateway = provider(&config, "gw");
    assert_eq!(gateway.base_url.as_deref(), Some("https://gw.example/v1"));
    assert_eq!(gateway.headers, [("Authorization".to_owned(), "Bearer tok-123456".to_owned())]);
    assert!(!format!("{config:?}").contains("tok-123456"));
    let secrets = config.secrets(&Env::from_pairs(env));
    assert_eq!(secrets.iter().map(crate::base::Secret::expose).collect::<Vec<_>>(), ["key-123456", "tok-123456"]);

    let prod = Overrides { environment: Some("prod".to_owned()), ..Overrides::default() };
    let (_, problems) = project.load(&env, &prod);
    let found: Vec<&str> = problems.sorted().iter().map(|d| d.code).collect();
    assert_eq!(found.iter().filter(|code| **code == "variable-not-set").count(), 2, "{}", problems.render(false));
}

#[test]
fn unknown_keys_are_errors_everywhere() {
    let yaml = "cals: live\nroute: {}\nproviders:\n  openai: {limit: {}, limits: {rps: 1}}\n\
                cache: {tll: 1d}\nenvironments: {ci: {cals: live, environments: {}}}\n";
    let found = problems_of(yaml, &[]);
    let unknown: Vec<String> = found.iter().filter(|d| d.code == "unknown-key").map(|d| d.message.clone()).collect();
    assert_eq!(unknown.len(), 7, "{unknown:?}");
    assert_eq!(found.len(), 7);
    assert_eq!(found[0].label.as_deref(), Some("did you mean `calls`?"));
}

#[test]
fn wrong_values_are_all_reported_with_their_places() {
    let yaml = "calls: maybe\nmodels: [gpt, openai/x]\njudge: 5\nconcurrency: 0\ncache: {ttl: 14}\n\
                daily_cost_limit_usd: -2\nmax_tokens_per_request: 1.5\ncassettes: ../outside\nproviders:\n\
                \x20 openai: {base_url: example.org, timeouts: {total: 0s}}\n  mine: {rules: x}\n  \"a/b\": {type: mock}\n\
                \x20 fine: {type: openai, rules: x.yaml}\nenvironment: prd\nenvironments: {prod: {}}\n";
    let wanted: Vec<(&str, &str)> = vec![
        ("unknown-value", "karat.yaml:1:8"),
        ("invalid-value", "karat.yaml:2:10"),
        ("wrong-type", "karat.yaml:3:8"),
        ("invalid-value", "karat.yaml:4:14"),
        ("wrong-type", "karat.yaml:5:14"),
        ("invalid-value", "karat.yaml:6:23"),
        ("wrong-type", "karat.yaml:7:25"),
        ("outside-project", "karat.yaml:8:12"),
        ("invalid-url", "karat.yaml:10:22"),
        ("invalid-value", "karat.yaml:10:53"),
        ("missing-field", "karat.yaml:11:3"),
        ("invalid-name", "karat.yaml:12:3"),
        ("invalid-value", "karat.yaml:13:31"),
        ("unknown-environment", "karat.yaml:14:14"),
    ];
    let found = codes(yaml);
    let found: Vec<(&str, &str)> = found.iter().map(|(code, pointer)| (*code, pointer.as_str())).collect();
    assert_eq!(found, wanted);
}

#[test]
fn an_address_whose_variable_is_not_set_is_one_problem() {
    let found = codes("providers:\n  gw: {type: openai, base_url: \"${env.NOWHERE_SET}/v1\"}\n");
    let found: Vec<&str> = found.iter().map(|(code, _)| *code).collect();
    assert_eq!(found, ["variable-not-set"]);
}

#[test]
fn literal_keys_are_refused_and_never_shown() {
    let yaml = "providers:\n  openai:\n    api_key: sk-hidden-1\n    key: sk-hidden-2\n    key_env: sk-hidden-3\n\
                \x20   base_url: https://user:sk-hidden-4@host\n    headers: {Authorization: Bearer sk-hidden-5}\n";
    let found = problems_of(yaml, &[]);
    assert_eq!(found.iter().filter(|d| d.code == "literal-key").count(), 4);
    assert_eq!(found.len(), 5);
    for diagnostic in &found {
        let shown = diagnostic.render(false);
        assert!(!shown.contains("sk-hidden"), "{shown}");
        assert!(shown.contains("karat.yaml:"), "{shown}");
    }
}

#[test]
fn broken_files_are_reported() {
    assert_eq!(codes("calls: [live\n").len(), 1);
    assert_eq!(codes("- a\n- b\n"), [("wrong-type", "karat.yaml:1:1".to_owned())]);
    assert_eq!(codes("calls: live\ncalls: live\n")[0].0, "duplicate-key");
    assert_eq!(codes("environments: [ci]\n")[0].0, "wrong-type");
    assert_eq!(codes("providers: openai\n")[0].0, "wrong-type");
    let project = Project::with("");
    let missing = Overrides { file: Some(PathBuf::from("other.yaml")), ..Overrides::default() };
    assert_eq!(project.load(&[], &missing).1.sorted()[0].code, "file-not-found");
    std::fs::rename(project.root().join("karat.yaml"), project.root().join("karat.yml")).unwrap();
    assert_eq!(project.load(&[], &Overrides::default()).1.sorted()[0].code, "misnamed-project-file");
}

#[test]
fn an_unknown_environment_names_the_known_ones() {
    let flags = Overrides { environment: Some("pro".to_owned()), ..Overrides::default() };
    let (_, problems) = Project::with("environments: {prod: {}, ci: {}}").load(&[], &flags);
    let shown = problems.render(false);
    assert!(shown.contains("did you mean `prod`?") && shown.contains("known environments: prod, ci"), "{shown}");
}

#[test]
fn money_written_as_a_number_is_exact() {
    for (written, dollars) in [("0.1", "0.1"), ("1e-7", "0.0000001"), ("12", "12"), ("\"$0.30\"", "0.3")] {
        let project = Project::with(&format!("daily_cost_limit_usd: {written}"));
        let config = project.sound(&[], &Overrides::default());
        assert_eq!(config.daily_cost_limit.value, Some(Usd::parse(dollars).unwrap()), "{written}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_a_link_out_of_the_project_is_refused() {
    use std::os::unix::fs::symlink;
    let other = Project::with("");
    let project = Project::with("");
    std::fs::create_dir(project.root().join("inner")).unwrap();
    symlink(project.root().join("inner"), project.root().join("evals")).unwrap();
    project.sound(&[], &Overrides::default());
    symlink(other.root(), project.root().join("prompts")).unwrap();
    let (_, problems) = project.load(&[], &Overrides::default());
    let text = problems.render(false);
    assert!(text.contains("error[outside-project]: `prompts` is outside the project"), "{text}");
    assert_eq!(problems.error_count(), 1, "{text}");
}

#[test]
fn names_of_models_are_read_and_overlaid_name_by_name() {
    let project = Project::with(
        "providers:\n  azure: {models: {chat: gpt-4o, old: gpt-4}}\n\
         environments: {ci: {providers: {azure: {models: {chat: gpt-5.4-mini}}}}}\nenvironment: ci\n",
    );
    let config = project.sound(&[("AZURE_OPENAI_ENDPOINT", "https://res.openai.azure.com/")], &Overrides::default());
    let azure = provider(&config, "azure");
    let models: Vec<(&str, &str)> = azure.models.iter().map(|(name, model)| (name.as_str(), model.as_str())).collect();
    assert_eq!(models, [("chat", "gpt-5.4-mini"), ("old", "gpt-4")]);
    assert_eq!(azure.base_url.as_deref(), Some("https://res.openai.azure.com"));
    assert_eq!(azure.key_env.as_deref(), Some("AZURE_OPENAI_API_KEY"));
    let found = codes("providers:\n  azure: {models: [gpt-4o]}\n  groq: {models: {a: {}}}\n");
    assert_eq!(found, [("wrong-type", "karat.yaml:2:19".to_owned()), ("wrong-type", "karat.yaml:3:22".to_owned())]);
}
