"""Why was it shown: entries are sealed, written to the journal, indexed and looked up."""
