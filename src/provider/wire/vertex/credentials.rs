//! Google's Application Default Credentials: a token of the environment, or a file with a service account's key or a
//! user's refresh token (<https://cloud.google.com/docs/authentication/application-default-credentials>).

use std::path::PathBuf;

use serde::Deserialize;

use super::super::super::settings::ProviderSettings;
use super::super::super::spec::WireOptions;
use super::encode::ANY_LOCATION;
use crate::base::{Secret, files};

/// Tokens that are there already, the first that is set wins.
const TOKENS: &[&str] = &["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"];

/// Environment variables that hold secrets.
pub(super) const VARIABLES: &[&str] = TOKENS;

/// The whole file, as it is kept among the settings' secrets.
const FILE: &str = "application_default_credentials.json";
const PRIVATE_KEY: &str = "private_key";
const REFRESH_TOKEN: &str = "refresh_token";
const CLIENT_SECRET: &str = "client_secret";

/// Largest file that is read.
const MOST_BYTES: u64 = 64 * 1024;

/// Where Google exchanges keys for tokens.
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";

#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    #[serde(rename = "type")]
    kind: String,
    client_email: Option<String>,
    private_key: Option<String>,
    private_key_id: Option<String>,
    token_uri: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    refresh_token: Option<String>,
    project_id: Option<String>,
    quota_project_id: Option<String>,
}

/// How a token is got.
#[derive(Debug)]
pub(super) enum Grant {
    /// It is there.
    Token(Secret),
    /// A service account signs for itself.
    ServiceAccount { email: String, key: Secret, key_id: Option<String>, token_url: String },
    /// A user has allowed it.
    User { client_id: String, client_secret: Secret, refresh_token: Secret, token_url: String },
}

/// Takes the file of credentials among the secrets, and from it the project when none is set.
pub(super) fn load(settings: &mut ProviderSettings) {
    if TOKENS.iter().any(|name| settings.credentials.contains_key(name)) {
        return;
    }
    let Some(text) = path_of(&settings.options).and_then(|path| {
        let bytes = files::read_bytes(&path, &path, MOST_BYTES).ok()?;
        String::from_utf8(bytes).ok()
    }) else {
        return;
    };
    let file = serde_json::from_str::<File>(&text).unwrap_or_default();
    // Each secret of its own, too: texts are searched for them one by one.
    let parts = [
        (PRIVATE_KEY, file.private_key),
        (REFRESH_TOKEN, file.refresh_token),
        (CLIENT_SECRET, file.client_secret),
        (FILE, Some(text)),
    ];
    settings.credentials.extend(parts.into_iter().filter_map(|(name, value)| Some((name, Secret::new(value?)))));
    settings.options.project = settings.options.project.take().or(file.project_id).or(file.quota_project_id.clone());
    let header = "x-goog-user-project";
    if let Some(project) = file.quota_project_id
        && !settings.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header))
    {
        settings.headers.push((header.to_owned(), project));
    }
}

/// The file that is named, or the one that `gcloud auth application-default login` writes.
fn path_of(options: &WireOptions) -> Option<PathBuf> {
    if let Some(named) = &options.credentials_file {
        return Some(PathBuf::from(named));
    }
    let in_home = || Some(PathBuf::from(options.home.as_ref()?).join(".config").join("gcloud"));
    Some(options.config_folder.as_ref().map(PathBuf::from).or_else(in_home)?.join(FILE))
}

/// How this provider gets its token; `None` when nothing was found.
///
/// # Errors
/// What is wrong with the credentials, without a word of them.
pub(super) fn grant_of(settings: &ProviderSettings) -> Result<Option<Grant>, String> {
    if let Some(token) = TOKENS.iter().find_map(|name| settings.credentials.get(name)) {
        return Ok(Some(Grant::Token(token.clone())));
    }
    let Some(text) = settings.credentials.get(FILE) else { return Ok(None) };
    let file =
        serde_json::from_str::<File>(text.expose()).map_err(|_| "the credentials file is not JSON".to_owned())?;
    let token_url = file.token_uri.unwrap_or_else(|| TOKEN_URL.to_owned());
    let lacks = |field: &str| format!("the credentials file of type `{}` has no `{field}`", file.kind);
    match file.kind.as_str() {
        "service_account" => Ok(Some(Grant::ServiceAccount {
            email: file.client_email.ok_or_else(|| lacks("client_email"))?,
            key: Secret::new(file.private_key.ok_or_else(|| lacks(PRIVATE_KEY))?),
            key_id: file.private_key_id,
            token_url,
        })),
        "authorized_user" => Ok(Some(Grant::User {
            client_id: file.client_id.ok_or_else(|| lacks("client_id"))?,
            client_secret: Secret::new(file.client_secret.ok_or_else(|| lacks(CLIENT_SECRET))?),
            refresh_token: Secret::new(file.refresh_token.ok_or_else(|| lacks(REFRESH_TOKEN))?),
            token_url,
        })),
        _ => Err("the credentials file is neither of type `service_account` nor `authorized_user`; \
                  set GOOGLE_OAUTH_ACCESS_TOKEN to the output of `gcloud auth print-access-token` instead"
            .to_owned()),
    }
}

/// What is missing for a call.
pub(super) fn lacks(settings: &ProviderSettings) -> Option<(String, String)> {
    let help = || {
        "run `gcloud auth application-default login`, point GOOGLE_APPLICATION_CREDENTIALS to a service account's key \
         file, or set GOOGLE_OAUTH_ACCESS_TOKEN"
            .to_owned()
    };
    let at_google = settings.base_url() == ANY_LOCATION || settings.spec.is_official(settings.base_url());
    match grant_of(settings) {
        _ if settings.key.is_some() => {}
        Ok(Some(_)) => {}
        Err(problem) => return Some((problem, help())),
        Ok(None) if at_google => {
            let problem = match &settings.options.credentials_file {
                Some(path) => format!("`{path}`, which GOOGLE_APPLICATION_CREDENTIALS names, cannot be read"),
                None => "there are no Google credentials".to_owned(),
            };
            return Some((problem, help()));
        }
        Ok(None) => {}
    }
    settings.options.project.is_none().then(|| {
        let help = "set GOOGLE_CLOUD_PROJECT, or `project` of the provider in karat.yaml";
        ("there is no project".to_owned(), help.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;
    use crate::base::SafeName;

    fn settings(env: &[(&str, &str)]) -> ProviderSettings {
        let env: BTreeMap<&str, &str> = env.iter().copied().collect();
        let name = SafeName::parse("vertex").expect("name");
        ProviderSettings::from_env(name, &super::super::SPEC, &|name| env.get(name).map(|value| (*value).to_owned()))
    }

    const USER: &str = r#"{"type":"authorized_user","client_id":"id","client_secret":"canary-client","refresh_token":"canary-refresh","quota_project_id":"quota"}"#;

    #[test]
    fn a_token_of_the_environment_wins_over_the_file() {
        let home = tempfile::tempdir().expect("folder");
        fs::create_dir_all(home.path().join(".config/gcloud")).expect("folder");
        fs::write(home.path().join(".config/gcloud").join(FILE), USER).expect("file");
        let at = home.path().to_str().expect("path");
        let by_file = settings(&[("HOME", at)]);
        let Ok(Some(Grant::User { client_id, refresh_token, token_url, .. })) = grant_of(&by_file) else {
            panic!("a user's grant")
        };
        assert_eq!(
            (client_id.as_str(), refresh_token.expose(), token_url.as_str()),
            ("id", "canary-refresh", TOKEN_URL)
        );
        assert_eq!(by_file.options.project.as_deref(), Some("quota"));
        assert_eq!(by_file.headers, [("x-goog-user-project".to_owned(), "quota".to_owned())]);
        for secret in ["canary-client", "canary-refresh"] {
            assert!(by_file.credentials.values().any(|known| known.expose() == secret), "{secret} is redacted");
        }
        let by_token = settings(&[("HOME", at), ("CLOUDSDK_AUTH_ACCESS_TOKEN", "ya29.token")]);
        let Ok(Some(Grant::Token(token))) = grant_of(&by_token) else { panic!("a token") };
        assert_eq!((token.expose(), by_token.credentials.len()), ("ya29.token", 1));
    }

    #[test]
    fn what_is_missing_is_said_without_a_secret() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("key.json");
        let at = path.to_str().expect("path").to_owned();
        let problem = |text: &str| {
            fs::write(&path, text).expect("file");
            lacks(&settings(&[("GOOGLE_APPLICATION_CREDENTIALS", &at)])).map(|(problem, _)| problem)
        };
        let cases = [
            (r#"{"type":"service_account","private_key":"canary-key"}"#, "has no `client_email`"),
            (r#"{"type":"external_account","audience":"canary"}"#, "neither of type"),
            ("canary-text", "is not JSON"),
            (
                r#"{"type":"authorized_user","client_id":"i","client_secret":"canary-s","refresh_token":"canary-r"}"#,
                "there is no project",
            ),
        ];
        for (text, wanted) in cases {
            let found = problem(text).expect(text);
            assert!(found.contains(wanted) && !found.contains("canary"), "{found}");
        }
        assert_eq!(problem(USER), None);
        let missing = lacks(&settings(&[("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")])).expect("missing");
        assert!(missing.0.contains("/nowhere/key.json"), "{missing:?}");
        assert!(lacks(&settings(&[])).is_some_and(|(problem, _)| problem == "there are no Google credentials"));
        let own = [("GOOGLE_VERTEX_BASE_URL", "http://127.0.0.1:1"), ("GOOGLE_CLOUD_PROJECT", "p")];
        assert_eq!(lacks(&settings(&own)), None);
    }
}
