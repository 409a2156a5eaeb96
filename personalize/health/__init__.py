"""Health: what is wrong with a running site, counted and said in words."""
