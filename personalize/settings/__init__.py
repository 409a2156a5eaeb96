"""Settings: what `personalize.toml` says, read and checked once, at start."""

from personalize.settings.load import load_settings
from personalize.settings.tables import Column, Member, Settings, Site, Source

__all__ = ["Column", "Member", "Settings", "Site", "Source", "load_settings"]
