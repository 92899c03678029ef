//! A parameter that a model of the prompt does not take.

use super::super::rejected::{Kind, find};
use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, VersionFile};

pub(super) const RULE: Rule = Rule {
    code: "rejected-param",
    about: "a parameter is set that a model of the prompt does not take",
    level: Level::Error,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "Providers answer unknown and unsupported parameters with an error, and a parameter that is left out makes what \
          was evaluated not what is written: `karat eval` refuses it before the first call. The models are those of \
          `models:`, of suites that use the prompt, of `karat.yaml`, or of `--model`. Set such a parameter under `models:` \
          for the models that take it, or take it away there by `null`. With `on_rejected: drop` in karat.yaml it is left \
          out, and the finding is a note.",
    bad: "params: {temperature: 0, max_tokens: 800}\nmodels:\n  openai/o3: {params: {effort: low}}",
    good: "params: {temperature: 0, max_tokens: 800}\nmodels:\n  openai/o3: {params: {effort: low, temperature: null}}",
    check: Check::Version(check),
};

fn check(version: &VersionFile<'_>, _: &Around<'_>, found: &mut Found) {
    find(&RULE, Kind::Params, version, found);
}
