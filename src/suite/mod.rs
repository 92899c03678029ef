//! What to run: suite files, cases, datasets, variants, selection.
