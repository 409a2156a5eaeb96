"""A running site: its parts, built around one open store, and what is asked of them."""

from personalize.house.house import House

__all__ = ["House"]
