//! `karat cache clear`.

use clap::Args;

use super::open::{agreed, open};
use crate::cli::{Exit, Session};
use crate::store::Access;

/// Make every kept reply stop answering; results stay
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat cache clear          Ask, then let the next run call every model again\n  karat cache clear --yes    The same without asking"
)]
pub struct ClearArgs {}

/// Takes the right to answer from every reply.
pub(super) fn run(_: &ClearArgs, session: &Session) -> anyhow::Result<Exit> {
    let (store, _) = open(session, Access::Write)?;
    agreed("let every kept reply stop answering, so that the next run pays for its calls?", session)?;
    let (replies, questions) = store.clear_cache()?;
    session.ui.note(&format!(
        "{replies} kept replies and {questions} kept questions answer no more; results of runs are as they were"
    ));
    Ok(Exit::Passed)
}
