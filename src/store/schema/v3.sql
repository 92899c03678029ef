-- Version 3: vectors of embedding models, so that no text is embedded twice.

CREATE TABLE embedding (
    id INTEGER PRIMARY KEY,
    model TEXT NOT NULL,
    endpoint TEXT NOT NULL,                 -- base URL of the server: another one gives other vectors
    text BLOB NOT NULL,                     -- digest of the text
    vector BLOB NOT NULL,                   -- little-endian single precision
    made INTEGER NOT NULL,
    UNIQUE (text, model, endpoint)
) STRICT;
