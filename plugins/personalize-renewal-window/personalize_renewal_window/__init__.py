"""Chooses the renewal variant when a contract nears its end."""
