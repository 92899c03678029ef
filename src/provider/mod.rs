//! Who answers: wires (pure encode and decode) and the caller (retry, limits, breaker, cache, cassettes).
