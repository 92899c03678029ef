//! The price table, exact billing arithmetic, usage dialects, token counts.
