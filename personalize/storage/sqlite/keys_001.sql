-- keys.sqlite: one sealing key per subject, apart from the entries it seals and never in the same backup.
CREATE TABLE subject_keys (
    subject INTEGER PRIMARY KEY,
    sealing_key BLOB NOT NULL
) STRICT;
