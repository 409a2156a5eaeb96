-- the list lacks every link that was revoked and every device that was cut off before now: a place beyond its end has
-- them written
INSERT OR REPLACE INTO erasure_list
SELECT 1, 1 << 62 WHERE EXISTS (SELECT 1 FROM handles WHERE revoked_at IS NOT NULL)
OR EXISTS (SELECT 1 FROM device_links WHERE cut_at IS NOT NULL);
