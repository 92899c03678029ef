-- Version 9: what checks asked of judges.

-- The calls of a trial's checks, in the order they were made.
CREATE TABLE judging (
    trial INTEGER NOT NULL REFERENCES trial (id),
    position INTEGER NOT NULL,
    call INTEGER NOT NULL REFERENCES call (id),
    PRIMARY KEY (trial, position)
) STRICT, WITHOUT ROWID;

-- Votes, parts and raw answers of a score that has some.
CREATE TABLE score_detail (
    trial INTEGER NOT NULL REFERENCES trial (id),
    position INTEGER NOT NULL,              -- of the score
    detail TEXT NOT NULL,                   -- JSON
    PRIMARY KEY (trial, position)
) STRICT, WITHOUT ROWID;
