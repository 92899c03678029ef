//! `karat eval show RUN [--case ID]`.

use std::collections::HashMap;

use super::args::ShowRunArgs;
use super::present::{Shown, show_report};
use super::stored::{find, open_to_read, report_of};
use crate::base::Digest;
use crate::cli::{Exit, Session, UsageError, show};
use crate::record::VariantRecord;
use crate::report::{TrialReport, TrialsReport};
use crate::store::TrialFilter;

/// Prints the report of a stored run, or the trials of one of its cases.
pub(super) fn run(args: &ShowRunArgs, session: &Session) -> anyhow::Result<Exit> {
    let (store, config) = open_to_read(session)?;
    let id = find(&store, &args.run)?;
    let Some(case) = &args.case else {
        let report = report_of(&store, &id, config.max_errors.value)?;
        show_report(&report, args.format, &[], &Shown::of(&store, &report.run.calls, &config, session), session)?;
        return Ok(Exit::Passed);
    };
    let trials = store.trials(&id, &TrialFilter { case: Some(case.clone()), ..TrialFilter::default() })?;
    if trials.is_empty() {
        let message = format!("run `{id}` has no trial of a case `{case}`");
        return Err(
            UsageError::of("unknown-case", message, format!("`karat eval export {id}` lists all trials")).into()
        );
    }
    let variants: HashMap<Digest, VariantRecord> =
        store.variants(&id)?.into_iter().map(|variant| (variant.digest, variant)).collect();
    let rows = trials.iter().map(|trial| {
        let variant = variants.get(&trial.variant);
        TrialReport::of(trial, variant.map(|variant| variant.prompt.as_str()), variant.map(|variant| &variant.model))
    });
    show(&TrialsReport::of(id.clone(), rows.collect()), args.format, session)?;
    Ok(Exit::Passed)
}
