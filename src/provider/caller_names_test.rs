//! Names that users gave models: what is sent, under which key it is cached, and what is said without an address.

use std::time::Duration;

use super::caller_test::{NOW, Stub, ask, build, ok, options};
use super::registry::provider_spec;
use super::settings::{CallMode, ProviderSettings};
use super::{Caller, CallerOptions};
use crate::base::{Problems, SafeName};

fn named(change: impl Fn(&mut ProviderSettings), stub: &std::sync::Arc<Stub>) -> CallerOptions {
    options(stub, CallMode::Live, |settings| {
        settings.spec = provider_spec("azure").expect("azure");
        settings.base_url = Some("https://res.openai.azure.com".into());
        change(settings);
    })
}

#[tokio::test(start_paused = true)]
async fn the_model_behind_a_deployment_decides_on_parameters_and_on_the_cache() {
    let stub = Stub::new(|_, request| {
        assert!(request.url.ends_with("/openai/v1/chat/completions"), "{}", request.url);
        (Duration::from_millis(1), ok("hi"))
    });
    let other = Stub::new(|_, _| (NOW, ok("x")));
    let plain = ask(&build(named(|_| {}, &stub)), "q").await;
    let mapped = named(|p| p.models = [("gpt-4o".to_owned(), "openai/gpt-5.6".to_owned())].into(), &stub);
    let mapped = ask(&build(mapped), "q").await;
    assert_ne!(plain.cache_key, mapped.cache_key);
    let dated = build(named(|p| p.options.api_version = Some("preview".into()), &other));
    let dated = ask(&dated, "q").await;
    assert_ne!(dated.cache_key, plain.cache_key);
    assert_eq!(stub.bodies().len(), 2);
}

#[test]
fn a_provider_without_an_address_says_where_it_is_set() {
    let stub = Stub::new(|_, _| (NOW, ok("x")));
    let mut problems = Problems::new();
    assert!(Caller::new(named(|p| p.base_url = None, &stub), &mut problems).is_none());
    let told = problems.render(false);
    assert!(told.contains("has no address") && told.contains("AZURE_OPENAI_ENDPOINT"), "{told}");
}

#[test]
fn the_model_behind_a_name_is_known_without_its_vendor() {
    let name = SafeName::parse("gw").expect("name");
    let mut settings = ProviderSettings::new(name, provider_spec("openai").expect("openai"));
    settings.models =
        [("fast".to_owned(), "groq/llama-3.1-8b".to_owned()), ("big".to_owned(), "gpt-5".to_owned())].into();
    assert_eq!(settings.known_as("fast"), Some("llama-3.1-8b"));
    assert_eq!((settings.known_as("big"), settings.known_as("other")), (Some("gpt-5"), None));
}
