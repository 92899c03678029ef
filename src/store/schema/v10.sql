-- Version 10: comparisons of the variants of a case.

-- The calls of a comparison, in the order they were made, with the first of the trials that were compared: they belong to
-- all of them.
CREATE TABLE comparison (
    trial INTEGER NOT NULL REFERENCES trial (id),
    position INTEGER NOT NULL,
    call INTEGER NOT NULL REFERENCES call (id),
    PRIMARY KEY (trial, position)
) STRICT, WITHOUT ROWID;
