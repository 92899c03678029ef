//! What to say: versions, labels, variables, templates.
