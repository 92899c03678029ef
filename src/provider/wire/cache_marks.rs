//! Where a conversation asks to be cached: at most four marks, long-lived ones first.

use super::body::Changes;
use crate::record::{CacheTtl, ChatRequest, Role};

/// Most marks that Anthropic's models take, on every cloud.
const MOST: usize = 4;

/// The mark of each message, in the order of the request. System messages stand before all turns on the wire.
///
/// Of too many marks the last ones are kept: they reach furthest, and a shorter prefix that was cached is still found
/// from there. A mark of one hour behind one of five minutes is refused by the API and becomes one of five minutes.
pub(super) fn cache_marks(request: &ChatRequest, changes: &mut Changes) -> Vec<Option<CacheTtl>> {
    let mut marks: Vec<Option<CacheTtl>> = request.messages.iter().map(|message| message.cache).collect();
    let is_system = |at: &usize| request.messages.get(*at).is_some_and(|message| message.role == Role::System);
    let (system, turns): (Vec<usize>, Vec<usize>) = (0..marks.len()).partition(is_system);
    let marked: Vec<usize> =
        system.into_iter().chain(turns).filter(|at| marks.get(*at).is_some_and(Option::is_some)).collect();
    let surplus = marked.len().saturating_sub(MOST);
    if surplus > 0 {
        changes.dropped("cache", format!("this API takes {MOST} marks; the first {surplus} are left out"));
    }
    let mut short_before = false;
    let mut shortened = false;
    for (place, at) in marked.iter().enumerate() {
        let Some(mark) = marks.get_mut(*at) else { continue };
        if place < surplus {
            *mark = None;
        } else if *mark == Some(CacheTtl::OneHour) && short_before {
            *mark = Some(CacheTtl::FiveMinutes);
            shortened = true;
        } else {
            short_before = *mark == Some(CacheTtl::FiveMinutes);
        }
    }
    if shortened {
        changes.clamped("cache", "a mark of `1h` behind one of `5m` is refused by this API; sent `5m`");
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Message, OutputFormat, Params, ToolChoice};

    const SHORT: Option<CacheTtl> = Some(CacheTtl::FiveMinutes);
    const LONG: Option<CacheTtl> = Some(CacheTtl::OneHour);

    fn marks(messages: &[(Role, Option<CacheTtl>)]) -> (Vec<Option<CacheTtl>>, Vec<String>) {
        let message = |(role, cache): &(Role, Option<CacheTtl>)| Message { cache: *cache, ..Message::text(*role, "t") };
        let request = ChatRequest {
            vars: None,
            messages: messages.iter().map(message).collect(),
            model: "m".into(),
            output: OutputFormat::Text,
            parallel_tools: None,
            params: Params::default(),
            prediction: None,
            tool_choice: ToolChoice::Auto,
            tools: vec![],
        };
        let mut changes = Changes::default();
        let marks = cache_marks(&request, &mut changes);
        (marks, changes.0.into_iter().map(|warning| warning.action).collect())
    }

    #[test]
    fn marks_in_order_pass_as_they_are() {
        let (found, changed) =
            marks(&[(Role::System, LONG), (Role::User, LONG), (Role::Assistant, None), (Role::User, SHORT)]);
        assert_eq!((found, changed.len()), (vec![LONG, LONG, None, SHORT], 0));
    }

    #[test]
    fn a_long_mark_behind_a_short_one_is_shortened_where_the_wire_puts_it() {
        // The late system message goes to the top, so its long mark stands first.
        let (found, changed) = marks(&[(Role::User, SHORT), (Role::System, LONG), (Role::User, LONG)]);
        assert_eq!((found, changed), (vec![SHORT, LONG, SHORT], vec!["clamped".to_owned()]));
    }

    #[test]
    fn of_too_many_marks_the_last_four_are_kept() {
        let (found, changed) = marks(&[(Role::User, SHORT); 6]);
        assert_eq!((found, changed), (vec![None, None, SHORT, SHORT, SHORT, SHORT], vec!["dropped".to_owned()]));
    }
}
