"""Plugin-based personalisation for websites: consent first, every decision explained."""

__version__ = "0.1.0"
