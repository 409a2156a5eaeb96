"""The desk: the pages on which customer service finds out why somebody saw something."""
