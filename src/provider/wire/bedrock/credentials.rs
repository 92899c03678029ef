//! Keys of AWS: from the environment, or from the files that the `aws` command writes.

use std::path::PathBuf;

use super::super::super::settings::ProviderSettings;
use super::encode::ANY_REGION;
use super::sigv4::Keys;
use crate::base::{Secret, files};

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";
/// A key of Bedrock's own, sent as it is instead of a signature.
pub(super) const BEARER: &str = "AWS_BEARER_TOKEN_BEDROCK";

/// Environment variables that hold secrets.
pub(super) const VARIABLES: &[&str] = &[KEY_ID, SECRET, TOKEN, BEARER];

/// Largest file that is read.
const MOST_BYTES: u64 = 1024 * 1024;

/// Takes what the environment does not say from `~/.aws/credentials` and `~/.aws/config`.
pub(super) fn load(settings: &mut ProviderSettings) {
    let in_home = |name: &str| Some(PathBuf::from(settings.options.home.as_ref()?).join(".aws").join(name));
    let profile = settings.options.profile.clone().unwrap_or_else(|| "default".to_owned());
    let named = settings.options.credentials_file.as_ref().map(PathBuf::from);
    let (credentials, config) = (named.or_else(|| in_home("credentials")), in_home("config"));
    if settings.credentials.contains_key(BEARER) && settings.options.region.is_some() {
        return;
    }
    let read = |path: Option<PathBuf>| {
        let path = path?;
        let bytes = files::read_bytes(&path, &path, MOST_BYTES).ok()?;
        String::from_utf8(bytes).ok()
    };
    // Keys of the environment win over those of a profile, never one half from here and the other from there.
    if !settings.credentials.contains_key(KEY_ID)
        && let Some(text) = read(credentials)
    {
        for (variable, name) in
            [(KEY_ID, "aws_access_key_id"), (SECRET, "aws_secret_access_key"), (TOKEN, "aws_session_token")]
        {
            settings.credentials.remove(variable);
            if let Some(value) = value_in(&text, &profile, name) {
                settings.credentials.insert(variable, Secret::new(value));
            }
        }
    }
    if settings.options.region.is_none() {
        let section = if profile == "default" { profile } else { format!("profile {profile}") };
        settings.options.region = read(config).and_then(|text| value_in(&text, &section, "region").map(str::to_owned));
    }
}

/// A value of an INI file.
fn value_in<'t>(text: &'t str, section: &str, name: &str) -> Option<&'t str> {
    let mut inside = false;
    let mut found = None;
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(title) = trimmed.strip_prefix('[') {
            inside = title.split(']').next().is_some_and(|title| title.trim() == section);
        } else if inside
            && !line.starts_with([' ', '\t', '#', ';'])
            && let Some((key, value)) = trimmed.split_once('=')
            && key.trim().eq_ignore_ascii_case(name)
        {
            found = Some(value.trim()).filter(|value| !value.is_empty());
        }
    }
    found
}

/// The keys to sign with.
pub(super) fn keys_of(settings: &ProviderSettings) -> Option<Keys> {
    let of = |name: &str| settings.credentials.get(name).cloned();
    Some(Keys { id: of(KEY_ID)?, secret: of(SECRET)?, token: of(TOKEN) })
}

/// What is missing for a call.
pub(super) fn lacks(settings: &ProviderSettings) -> Option<(String, String)> {
    let at_amazon = settings.base_url() == ANY_REGION;
    let has_bearer = settings.key.is_some() || settings.credentials.contains_key(BEARER);
    let has_keys = keys_of(settings).is_some();
    if !has_bearer && !has_keys && (at_amazon || settings.spec.is_official(settings.base_url())) {
        let profile = settings.options.profile.as_deref().unwrap_or("default");
        return Some((
            "there are no AWS credentials".to_owned(),
            format!(
                "set {KEY_ID} and {SECRET}, or {BEARER}, in the environment or in .env; or run `aws configure` \
                 (profile `{profile}`)"
            ),
        ));
    }
    let needs_region = (has_keys && !has_bearer) || (at_amazon && settings.options.endpoint_url.is_none());
    (settings.options.region.is_none() && needs_region).then(|| {
        let help = "set AWS_REGION, or `region` of the provider in karat.yaml, such as `us-east-1`";
        ("there is no AWS region".to_owned(), help.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;
    use crate::base::SafeName;

    const FILE: &str = "# keys\n[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key=file-secret\n\n\
        [ work ]\naws_access_key_id=AKIDWORK\naws_secret_access_key = work=secret\naws_session_token = work-token\n\
        s3 =\n  aws_access_key_id = nested\n";

    fn settings(env: &[(&str, &str)], home: Option<&str>) -> ProviderSettings {
        let env: BTreeMap<&str, &str> = env.iter().copied().collect();
        let name = SafeName::parse("bedrock").expect("name");
        let lookup =
            |name: &str| if name == "HOME" { home.map(str::to_owned) } else { env.get(name).map(|v| (*v).to_owned()) };
        ProviderSettings::from_env(name, &super::super::SPEC, &lookup)
    }

    fn shown(settings: &ProviderSettings) -> Option<(String, String, Option<String>)> {
        let keys = keys_of(settings)?;
        let text = |secret: &Secret| secret.expose().to_owned();
        Some((text(&keys.id), text(&keys.secret), keys.token.as_ref().map(text)))
    }

    fn home() -> tempfile::TempDir {
        let home = tempfile::tempdir().expect("folder");
        fs::create_dir(home.path().join(".aws")).expect("folder");
        fs::write(home.path().join(".aws/credentials"), FILE).expect("file");
        let config = "[default]\nregion = eu-west-1\n[profile work]\nregion=us-west-2\n";
        fs::write(home.path().join(".aws/config"), config).expect("file");
        home
    }

    #[test]
    fn keys_come_from_the_environment_or_the_profile_whole() {
        let home = home();
        let at = home.path().to_str();
        let by_file = settings(&[], at);
        assert_eq!(shown(&by_file), Some(("AKIDFILE".into(), "file-secret".into(), None)));
        assert_eq!(by_file.options.region.as_deref(), Some("eu-west-1"));
        let work = settings(&[("AWS_PROFILE", "work"), ("AWS_SESSION_TOKEN", "stale")], at);
        assert_eq!(shown(&work), Some(("AKIDWORK".into(), "work=secret".into(), Some("work-token".into()))));
        assert_eq!(work.options.region.as_deref(), Some("us-west-2"));
        let env = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "env"), ("AWS_DEFAULT_REGION", "x-1")];
        let by_env = settings(&env, at);
        assert_eq!(shown(&by_env), Some(("AKIDENV".into(), "env".into(), None)));
        assert_eq!(by_env.options.region.as_deref(), Some("x-1"));
    }

    #[test]
    fn what_is_missing_is_said_before_a_call() {
        let problem = |env: &[(&str, &str)]| lacks(&settings(env, None)).map(|(problem, _)| problem);
        assert_eq!(problem(&[]).as_deref(), Some("there are no AWS credentials"));
        let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
        assert_eq!(problem(&keys).as_deref(), Some("there is no AWS region"));
        assert_eq!(problem(&[("AWS_BEARER_TOKEN_BEDROCK", "t"), ("AWS_REGION", "us-east-1")]), None);
        assert_eq!(problem(&[keys[0], keys[1], ("AWS_REGION", "us-east-1")]), None);
        // A server of one's own may ask for nothing.
        assert_eq!(problem(&[("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:1")]), None);
    }
}
