"""Conditions: read, checked against the dictionary, compiled, traced, and put into words."""
