"""The doors: pages and JSON for people, served beside the site."""
