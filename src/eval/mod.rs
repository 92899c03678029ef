//! The run engine: plan, execute, score, summarise. Speaks only in events.
