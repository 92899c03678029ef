-- Version 1. Money is in picodollars, times are milliseconds since 1970-01-01 UTC, durations are milliseconds,
-- digests are SHA-256 as bytes, words are those of karat's JSON, and NULL means unknown.

-- One execution of `karat eval`. The counts equal those of its trials; they are kept so that lists need no scan.
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    karat_version TEXT NOT NULL,
    seed INTEGER NOT NULL,                  -- the bits of an unsigned number
    git_commit TEXT,
    git_branch TEXT,
    git_dirty INTEGER,
    started INTEGER NOT NULL,
    ended INTEGER,
    planned INTEGER NOT NULL,
    options TEXT NOT NULL,                  -- JSON
    calls TEXT NOT NULL,
    pass INTEGER NOT NULL DEFAULT 0,
    fail INTEGER NOT NULL DEFAULT 0,
    error INTEGER NOT NULL DEFAULT 0,
    ungraded INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    spent INTEGER NOT NULL DEFAULT 0,       -- known money, over all calls, those of replaced trials included
    unknown_calls INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX run_started ON run (started);

CREATE TABLE suite (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run (id),
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    digest BLOB NOT NULL,
    cases INTEGER NOT NULL,
    repeat INTEGER NOT NULL,
    goal TEXT NOT NULL,                     -- JSON
    verdict TEXT,                           -- JSON
    UNIQUE (run, name)
) STRICT;

CREATE TABLE variant (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run (id),
    digest BLOB NOT NULL,
    prompt TEXT NOT NULL,
    prompt_digest BLOB NOT NULL,
    model TEXT NOT NULL,
    params TEXT NOT NULL,                   -- JSON
    UNIQUE (run, digest)
) STRICT;

-- Cases by content, shared by all runs that see the same case.
CREATE TABLE eval_case (
    id INTEGER PRIMARY KEY,
    identity BLOB NOT NULL,                 -- 16 bytes
    content TEXT NOT NULL                   -- JSON
) STRICT;

-- Digests are random, so every insert dirties another page of such an index: 8 of 32 bytes find the row as well, in a
-- third of the pages. Queries compare the whole digest too.
CREATE INDEX case_identity ON eval_case (substr(identity, 1, 8));

-- Requests and replies as JSON. Calls share a row when the text is the same; a row may go when no call names it.
CREATE TABLE body (
    id INTEGER PRIMARY KEY,
    content TEXT NOT NULL
) STRICT;

-- Every call that was made, also those whose trial was replaced: money spent is not forgotten.
CREATE TABLE call (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run (id),
    cache_key BLOB NOT NULL,
    reusable INTEGER NOT NULL,              -- whether the response cache may answer from it
    model TEXT NOT NULL,
    source TEXT NOT NULL,
    request INTEGER NOT NULL REFERENCES body (id),
    reply INTEGER REFERENCES body (id),
    error_kind TEXT,
    error TEXT,                             -- JSON
    latency_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    waited_ms INTEGER NOT NULL,
    started INTEGER NOT NULL,
    cost INTEGER,                           -- of the reply, whoever paid for it
    spent INTEGER,                          -- by this call
    possible_double_charge INTEGER NOT NULL,
    altered INTEGER NOT NULL,               -- parameters were dropped or changed on the way to the wire
    ambiguous INTEGER,                      -- NULL: no usage was reported
    input INTEGER,
    cache_read INTEGER,
    cache_write INTEGER,
    cache_write_1h INTEGER,
    cache_write_12h INTEGER,
    output INTEGER,
    reasoning INTEGER,
    input_audio INTEGER,
    input_image INTEGER,
    cache_read_audio INTEGER,
    output_audio INTEGER,
    output_image INTEGER,
    citation INTEGER,
    web_searches INTEGER
) STRICT;

CREATE INDEX call_reuse ON call (substr(cache_key, 1, 8)) WHERE reusable = 1;
CREATE INDEX call_live ON call (started, spent) WHERE source = 'live';

CREATE TABLE trial (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run (id),
    key BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    suite INTEGER NOT NULL REFERENCES suite (id),
    variant INTEGER NOT NULL REFERENCES variant (id),
    eval_case INTEGER NOT NULL REFERENCES eval_case (id),
    case_id TEXT NOT NULL,
    case_group TEXT,
    weight REAL NOT NULL,
    repeat INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    score REAL,
    note TEXT,
    wall_ms INTEGER NOT NULL,
    call INTEGER REFERENCES call (id)
) STRICT;

-- `key` is unique within a run: the writer sees to it. An index on it would cost a third of all bytes written.
CREATE INDEX trial_ordinal ON trial (run, ordinal);

CREATE TABLE score (
    trial INTEGER NOT NULL REFERENCES trial (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    check_name TEXT NOT NULL,
    version INTEGER NOT NULL,
    weight REAL NOT NULL,
    state TEXT NOT NULL,                    -- scored, ungraded, not_applicable
    value REAL,
    passed INTEGER,
    reason TEXT NOT NULL,
    PRIMARY KEY (trial, position)
) STRICT, WITHOUT ROWID;
