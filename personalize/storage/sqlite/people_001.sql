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

-- one row per person and source, replaced whole by each import; body is msgpack [[attribute, plain, observed], ...]
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
