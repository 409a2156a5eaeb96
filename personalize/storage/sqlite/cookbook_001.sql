-- cookbook.sqlite: the journal's entries, indexed. synchronous=NORMAL: a segment goes only after a checkpoint.
CREATE TABLE segments (
    number INTEGER PRIMARY KEY,
    reference BLOB NOT NULL UNIQUE,
    indexed INTEGER NOT NULL DEFAULT 0,
    counter INTEGER NOT NULL DEFAULT 0,
    first_at INTEGER,
    last_at INTEGER
) STRICT;
CREATE INDEX segments_by_time ON segments (first_at);
CREATE INDEX long_segments ON segments (first_at, last_at) WHERE last_at - first_at > 60000000;

CREATE TABLE recipes (
    number INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE
) STRICT;

-- A row is a page: the entries decided together. id is the segment's number * 2^32 + the first one's counter;
-- rest is the frame without what the columns hold.
-- There is no index on time: a segment spans seconds, and its rows lie together.
CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    code INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    recipe INTEGER NOT NULL,
    rest BLOB NOT NULL
) STRICT;
CREATE INDEX entries_by_code ON entries (code);
CREATE INDEX entries_by_subject ON entries (subject, at);

-- what strangers got, per hour since 1970 UTC; slot and variant are places as in the recipe
CREATE TABLE counts (
    hour INTEGER NOT NULL,
    recipe INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    variant INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (hour, recipe, slot, variant)
) STRICT, WITHOUT ROWID;

-- A row is a batch: the pages whose ids lie between first and last. marks are the last four bytes of each page,
-- digest is keyed; rest is the digest of what retention left, NULL where it took nothing.
CREATE TABLE batches (
    number INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    digest BLOB NOT NULL,
    marks BLOB NOT NULL,
    rest BLOB
) STRICT;
CREATE INDEX batches_by_first ON batches (first);

-- runs of entries that were put on their page: the first one's id and the last one's counter
CREATE TABLE served (
    first INTEGER PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

-- bytes of a segment that were no frames, how many entries stood there, and the first one's counter
CREATE TABLE gaps (
    segment INTEGER NOT NULL,
    start INTEGER NOT NULL,
    length INTEGER NOT NULL,
    missing INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    PRIMARY KEY (segment, start)
) STRICT, WITHOUT ROWID;
