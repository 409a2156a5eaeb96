"""JSON for single-page apps and for those who watch the site."""
