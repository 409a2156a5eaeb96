-- keys.sqlite: one sealing key per subject, apart from the entries it seals and never in the same backup.
CREATE TABLE subject_keys (
    subject INTEGER PRIMARY KEY,
    sealing_key BLOB NOT NULL
) STRICT;

-- how many lines of the erasure list this file has followed: fewer in a backup that was put back
CREATE TABLE erasure_list (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    followed INTEGER NOT NULL
) STRICT;
