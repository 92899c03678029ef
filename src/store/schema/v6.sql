-- Version 6: rows are found by digest through tables that are filled in the order of the digests, many rows at once.

-- Digests are random: in an index, nearly every row of a large run dirties another page, and each of them is written
-- with each transaction. So no digest is indexed while a run writes: its rows are the tail, which is found by its
-- numbers and kept in memory. A tail that has grown large is settled: sorted into the tables below, 8 bytes of a digest
-- each, which is enough to find a row; queries compare the whole digest too.
CREATE TABLE settled_case (
    start BLOB NOT NULL,                    -- of eval_case.identity
    eval_case INTEGER NOT NULL,
    PRIMARY KEY (start, eval_case)
) STRICT, WITHOUT ROWID;

-- Only calls that the response cache may answer from.
CREATE TABLE settled_call (
    start BLOB NOT NULL,                    -- of call.cache_key
    call INTEGER NOT NULL,
    PRIMARY KEY (start, call)
) STRICT, WITHOUT ROWID;

-- One row: rows up to these numbers are settled. Who deletes the last rows of a table must lower its number with them.
CREATE TABLE settled (
    cases INTEGER NOT NULL,
    calls INTEGER NOT NULL
) STRICT;

INSERT INTO settled_case
SELECT substr(identity, 1, 8), id FROM eval_case INDEXED BY case_identity ORDER BY substr(identity, 1, 8), id;

INSERT INTO settled_call
SELECT substr(cache_key, 1, 8), id FROM call INDEXED BY call_reuse WHERE reusable = 1
ORDER BY substr(cache_key, 1, 8), id;

INSERT INTO settled
SELECT (SELECT coalesce(max(id), 0) FROM eval_case), (SELECT coalesce(max(id), 0) FROM call);

DROP INDEX case_identity;
DROP INDEX call_reuse;
