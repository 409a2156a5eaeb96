"""Who reads an explanation: each gets the same truth, told with what is theirs to see."""

from enum import StrEnum


class Reader(StrEnum):
    """The three readers.

    `staff` get everything in words for the caller, with the file a value came in. The `visitor` gets the
    same words without what is the site's own: files, batches, rules' names, what is still to come. The
    `developer` gets the names that stand in files and code, and never a value.
    """

    staff = "staff"
    visitor = "visitor"
    developer = "developer"
