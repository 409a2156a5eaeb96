"""What sites test their personalisation with: a trial site of their own settings, and a browser."""

from personalize.testing.browser import Browser, Page
from personalize.testing.site import TrialSite

__all__ = ["Browser", "Page", "TrialSite"]
