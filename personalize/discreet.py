"""What the log tells of an error: outside development where it arose, never what it was about."""

import logging

from personalize.errors import ConfigError, JournalError, KeyFileError, ManyErrors, PluginError, StoreError

SPEAKING = (ConfigError, JournalError, KeyFileError, ManyErrors, PluginError, StoreError)
"""Errors whose message is our own and about the site, never about a person."""
MOST_TOLD = 8
"""Errors that are told of a row of which each led to the next."""


class Discreet(logging.Filter):
    """Takes the messages of errors out of a log: a plugin's own mistake may quote a person's value.

    Type, files and lines stay, also of the errors that led to it; so do our own messages about the site itself.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, with the bare error where it holds one."""
        if record.exc_info and record.exc_info[1] is not None:
            bare = _bare(record.exc_info[1], MOST_TOLD)
            record.exc_info = (type(bare), bare, record.exc_info[2])
        return True


class _Bare(Exception):
    """Stands for an error in the log."""


def _bare(error: BaseException, most: int) -> BaseException:
    """Return an error of the same name that arose at the same place, after the same ones, and says nothing.

    One that another site's filter made so in this process is bare already.
    """
    if isinstance(error, _Bare):
        return error
    name, module = type(error).__qualname__, type(error).__module__
    text = str(error) if isinstance(error, SPEAKING) else ""
    found: BaseException = type(name, (_Bare,), {"__module__": module, "__str__": lambda self: text})()
    found.__traceback__ = error.__traceback__
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and most > 1:
        found.__cause__ = _bare(before, most - 1)
    return found
