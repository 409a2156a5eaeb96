"""Choose the language in which a reader sees the paper."""

from typing import Final

LANGUAGES: Final = ("nl", "nb", "en")
DEFAULT: Final = "nl"
_ALSO: Final = {"no": "nb", "nn": "nb"}
_LONGEST_HEADER: Final = 1024


def best_language(accept: str) -> str:
    """Return the best of our languages for an Accept-Language value (RFC 9110, 12.5.4)."""
    ranked = sorted(_ranges(accept[:_LONGEST_HEADER]), key=lambda item: -item[1])
    for tag, quality in ranked:
        language = DEFAULT if tag == "*" else _ALSO.get(tag, tag)
        if quality > 0 and language in LANGUAGES:
            return language
    return DEFAULT


def _ranges(accept: str) -> list[tuple[str, float]]:
    """Split the header into primary language tags and their qualities."""
    ranges = []
    for part in accept.split(","):
        tag, _, parameter = part.partition(";")
        ranges.append((tag.strip().lower().split("-")[0], _quality(parameter.strip())))
    return ranges


def _quality(parameter: str) -> float:
    """Return the weight of one range, 1 when absent and 0 when unreadable."""
    if not parameter:
        return 1.0
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 0.0
