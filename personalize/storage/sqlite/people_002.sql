-- the recipe that the content files made last: a site starts with it where they are refused
CREATE TABLE in_force (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    digest TEXT NOT NULL
) STRICT;
