-- every import has a header of its own, which never changes: the same file may come again after another one
DROP INDEX batches_once;
CREATE INDEX batches_of_source ON batches (source);
