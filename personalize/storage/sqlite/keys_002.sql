-- followed is a place in the list, in bytes, where it was a number of lines of 54
UPDATE erasure_list SET followed = followed * 54;
