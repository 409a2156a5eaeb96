-- people.sqlite: who is known, what they agreed to, what may be shown. synchronous=FULL.
CREATE TABLE subjects (
    subject INTEGER PRIMARY KEY,
    created_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 0,
    device INTEGER NOT NULL DEFAULT 0
) STRICT;

-- what stands behind a browser's cookie, under SHA-256 of its 16-byte reference. subject is who logged in
-- (0: nobody), device the device subject (0: none). A row that ended stays so until it is swept
CREATE TABLE browsers (
    digest BLOB PRIMARY KEY,
    subject INTEGER NOT NULL,
    device INTEGER NOT NULL,
    assurance INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX browsers_of_subject ON browsers (subject) WHERE subject <> 0;
CREATE INDEX browsers_of_device ON browsers (device) WHERE device <> 0;

-- to whom a device subject is linked: once, for good, until it is cut; it never goes to somebody else
CREATE TABLE device_links (
    device INTEGER PRIMARY KEY,
    subject INTEGER NOT NULL,
    means TEXT NOT NULL,
    linked_at INTEGER NOT NULL,
    cut_means TEXT NOT NULL DEFAULT '',
    cut_at INTEGER
) STRICT;
CREATE INDEX device_links_of_subject ON device_links (subject);

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

-- the outbox of double opt-ins: one row per mail. handle are the bytes in its link, without our signature worth
-- nothing; address is emptied once it is handed over; subject is who confirmed (0: nobody yet, and nobody known)
CREATE TABLE opt_ins (
    handle BLOB PRIMARY KEY,
    receipt BLOB NOT NULL UNIQUE,
    digest BLOB NOT NULL,
    network BLOB NOT NULL,
    purpose TEXT NOT NULL,
    notice TEXT NOT NULL,
    lang TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    address TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    due INTEGER,
    tries INTEGER NOT NULL,
    problem TEXT NOT NULL,
    confirmed_at INTEGER,
    subject INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX opt_ins_of_address ON opt_ins (digest, asked_at);
CREATE INDEX opt_ins_of_network ON opt_ins (network, asked_at);
CREATE INDEX opt_ins_due ON opt_ins (due) WHERE due IS NOT NULL;
CREATE INDEX opt_ins_of_subject ON opt_ins (subject) WHERE subject <> 0;

-- one link per person and purpose by which a mail is unsubscribed from (RFC 8058), in every mail the same
CREATE TABLE unsubscribes (
    handle BLOB PRIMARY KEY,
    subject INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    UNIQUE (subject, purpose)
) STRICT, WITHOUT ROWID;

CREATE TABLE handles (
    digest BLOB PRIMARY KEY,
    subject INTEGER NOT NULL,
    mailing TEXT NOT NULL,
    campaign BLOB NOT NULL,
    issued INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked_at INTEGER,
    visited_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX handles_of_subject ON handles (subject);
CREATE INDEX handles_of_mailing ON handles (mailing, subject);

-- one row per mailing; people and visitors are counts, which stay when the links are gone
CREATE TABLE mailings (
    mailing TEXT PRIMARY KEY,
    began_at INTEGER NOT NULL,
    people INTEGER NOT NULL,
    visitors INTEGER NOT NULL
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

-- what people say is wrong: sealed is a nonce of 12 bytes, then the claimed value and their login, under their own key
CREATE TABLE corrections (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    subject INTEGER NOT NULL,
    attribute TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    settled_at INTEGER,
    outcome TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX corrections_of_subject ON corrections (subject);
CREATE INDEX corrections_open ON corrections (number) WHERE settled_at IS NULL;

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

-- who is signed in, under SHA-256 of the reference in their cookie; signing out deletes the row. roles are those
-- that an identity provider gave, apart by blanks; NULL where a local account has them
CREATE TABLE staff_sessions (
    digest BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    roles TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX staff_sessions_of_name ON staff_sessions (name);

-- visitors whom an identity provider logged in, under SHA-256 of the reference in their cookie; logging out deletes
-- the row. person is the keyed hash of their identifier, known_as and session are keyed hashes of what the provider
-- calls them and their session; sealed is a nonce of 12 bytes and what only the reference itself opens
CREATE TABLE logins (
    digest BLOB PRIMARY KEY,
    person BLOB NOT NULL,
    known_as BLOB NOT NULL,
    session BLOB NOT NULL,
    began_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX logins_of_person ON logins (person);
CREATE INDEX logins_known_as ON logins (known_as);
CREATE INDEX logins_of_session ON logins (session);
