-- Version 2.

-- Money that a process has set aside under a limit on what is spent from `since` on: all that its run spends, before it
-- too, may reach `upto`. A row whose run nobody is running any more counts for nothing.
CREATE TABLE hold (
    run INTEGER PRIMARY KEY REFERENCES run (id),
    since INTEGER NOT NULL,
    upto INTEGER NOT NULL
) STRICT;
