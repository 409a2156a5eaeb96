-- people.sqlite: who is known, what they agreed to, what may be shown. synchronous=FULL.
CREATE TABLE subjects (
    subject INTEGER PRIMARY KEY,
    created_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 0
) STRICT;

-- digest is the keyed hash of kind and normalised identifier; two subjects under one digest means nobody
CREATE TABLE identifiers (
    digest BLOB NOT NULL,
    subject INTEGER NOT NULL,
    kind TEXT NOT NULL,
    batch INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (digest, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identifiers_of_subject ON identifiers (subject);

-- one row per person and source, replaced whole by each import; body is msgpack [observed, {attribute: plain}] (profile/delivered.py)
CREATE TABLE profiles (
    subject INTEGER NOT NULL,
    source TEXT NOT NULL,
    batch INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (subject, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE batches (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    observed_at INTEGER NOT NULL,
    imported_at INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    rejected INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX batches_once ON batches (source, sha256);

CREATE TABLE consent_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id BLOB NOT NULL UNIQUE,
    subject INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX consent_of_subject ON consent_events (subject, seq);

CREATE TABLE handles (
    digest BLOB PRIMARY KEY,
    subject INTEGER NOT NULL,
    mailing TEXT NOT NULL,
    campaign BLOB NOT NULL,
    issued INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX handles_of_subject ON handles (subject);

CREATE TABLE recipes (
    digest TEXT PRIMARY KEY,
    published_at INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- what other processes must forget; subject NULL means everything
CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    subject INTEGER
) STRICT;

-- that somebody was erased, and when: subject is the random reference, which nothing connects to a person any more.
-- swept_at: since when no file of the store holds a byte of them
CREATE TABLE erasures (
    subject INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    swept_at INTEGER
) STRICT;
CREATE INDEX erasures_unswept ON erasures (subject) WHERE swept_at IS NULL;

-- how many lines of the erasure list this file has followed: fewer in a backup that was put back
CREATE TABLE erasure_list (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    followed INTEGER NOT NULL
) STRICT;

-- until when (µs) things were deleted because their time had passed
CREATE TABLE retention (
    what TEXT PRIMARY KEY,
    until INTEGER NOT NULL,
    done_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- the trail: who of the staff looked at whom, when and why; a row is here before anything personal is shown.
-- subject 0 means that nobody was found; query holds kind and keyed hash, never an identifier in clear
CREATE TABLE looks (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    staff TEXT NOT NULL,
    role TEXT NOT NULL,
    what TEXT NOT NULL,
    reason TEXT NOT NULL,
    case_number TEXT NOT NULL,
    subject INTEGER NOT NULL,
    query TEXT NOT NULL
) STRICT;
CREATE INDEX looks_by_time ON looks (at);
CREATE INDEX looks_of_staff ON looks (staff, at);
CREATE INDEX looks_of_subject ON looks (subject, at) WHERE subject <> 0;

-- local accounts of staff; roles apart by blanks, password as an argon2 hash
CREATE TABLE staff_accounts (
    name TEXT PRIMARY KEY,
    roles TEXT NOT NULL,
    password TEXT NOT NULL,
    made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- who is signed in, under SHA-256 of the reference in their cookie; signing out deletes the row
CREATE TABLE staff_sessions (
    digest BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX staff_sessions_of_name ON staff_sessions (name);
