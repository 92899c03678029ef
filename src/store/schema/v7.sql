-- Version 7: questions of the semantic cache. The vector of a question is in `embedding`, its answer in the call of `origin`.

CREATE TABLE semantic_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used again: processes ask for what came after a number
    scope BLOB NOT NULL,                    -- digest of everything that must be equal
    origin BLOB NOT NULL UNIQUE,            -- cache key of the call that answered
    signature BLOB NOT NULL,                -- bits of the vector
    embedding INTEGER NOT NULL REFERENCES embedding (id),
    made INTEGER NOT NULL,
    used INTEGER NOT NULL                   -- when it last answered
) STRICT;

CREATE INDEX semantic_used ON semantic_entry (used);

-- What the semantic cache had for a call.
CREATE TABLE semantic_match (
    call INTEGER PRIMARY KEY REFERENCES call (id),
    similarity REAL NOT NULL,
    origin BLOB NOT NULL,                   -- cache key of the call that the kept answer came from
    same_text INTEGER,                      -- NULL: the model was not asked
    same_outcome INTEGER                    -- NULL: not asked, or one of the two was neither a pass nor a fail
) STRICT;
