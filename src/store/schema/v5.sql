-- Version 5: which model of a route answered, second requests for slow ones, and how often circuit breakers opened.

ALTER TABLE call ADD COLUMN answered_by TEXT;               -- when `model` is a route
ALTER TABLE call ADD COLUMN route TEXT;                     -- JSON: how the route came to it
ALTER TABLE call ADD COLUMN hedges INTEGER NOT NULL DEFAULT 0;

CREATE TABLE breaker (
    run INTEGER NOT NULL REFERENCES run (id),
    provider TEXT NOT NULL,
    openings INTEGER NOT NULL,
    PRIMARY KEY (run, provider)
) STRICT, WITHOUT ROWID;
