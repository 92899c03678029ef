-- Version 8: calls that go to a provider together: chunks of a run, and what became of their requests.

CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run (id),
    number INTEGER NOT NULL,                -- within the run; never given twice
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL,                    -- planned, uploaded, created, collected, failed, lost
    url TEXT NOT NULL,                      -- where one of its requests would go alone
    items INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    reserved INTEGER NOT NULL,              -- the most it can cost, while nobody knows what it did cost
    file TEXT,                              -- the provider's id of its file
    remote TEXT,                            -- the provider's id of the batch
    word TEXT,                              -- the provider's word for how it stands or ended
    planned INTEGER NOT NULL,
    UNIQUE (run, number)
) STRICT;

CREATE TABLE batch_item (
    batch INTEGER NOT NULL REFERENCES batch (id),
    position INTEGER NOT NULL,
    cache_key BLOB NOT NULL,
    fate TEXT NOT NULL,                     -- open, answered, refused, failed, expired, missing, cancelled, dropped
    status INTEGER,                         -- of the reply below
    reply TEXT,                             -- as the provider wrote it
    request_id TEXT,
    PRIMARY KEY (batch, position)
) STRICT, WITHOUT ROWID;

-- The reply came in a batch: its latency says nothing.
ALTER TABLE call ADD COLUMN batched INTEGER NOT NULL DEFAULT 0;
