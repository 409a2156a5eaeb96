-- followed is a place in the list, in bytes, where it was a number of lines of 54. The list lacks every no that was
-- said before now: a place beyond its end has them written
UPDATE erasure_list SET followed = followed * 54;
INSERT OR REPLACE INTO erasure_list
SELECT 1, 1 << 62 WHERE EXISTS (SELECT 1 FROM consent_events)
OR EXISTS (SELECT 1 FROM profiles WHERE source = ' (restricted)');
