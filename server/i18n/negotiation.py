"""Language negotiation by Accept-Language (RFC 9110, RFC 4647 "lookup")."""

import re

from server.i18n import ENGLISH, Language, Languages

_RANGE = re.compile(
    r"\s*(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*",
    re.ASCII | re.IGNORECASE,
)
_MOST_RANGES = 50


def choose(languages: Languages, asked: str | None, accepted: str | None) -> Language:
    """Choose the language of a response; English if none matches.

    Args:
        languages: to choose from.
        asked: key of an explicitly requested language; ignored if it is unknown.
        accepted: the header ``Accept-Language``.
    """
    if asked is not None:
        for key, language in languages.items():
            if key.lower() == asked.lower():
                return language
    served = {tag.lower(): language for language in languages.values() for tag in language.accepts}
    served |= {key.lower(): language for key, language in languages.items()}
    for range_ in _ranges(accepted or ""):
        tag = range_
        while tag:
            if tag in served:
                return served[tag]
            tag = tag.rpartition("-")[0]
            if (
                len(tag) > 1 and tag[-2] == "-"
            ):  # RFC 4647, section 3.4: single-letter subtags are removed too
                tag = tag[:-2]
    return languages[ENGLISH]


def _ranges(header: str) -> list[str]:
    """Return the language ranges of a header, the most preferred first, without refused ones and ``*``."""
    found = []
    for part in header.split(",")[:_MOST_RANGES]:
        match = _RANGE.fullmatch(part)
        if match is None:
            continue
        quality = float(match[2]) if match[2] else 1.0
        if 0 < quality <= 1 and match[1] != "*":
            found.append((quality, match[1].lower()))
    return [tag for _, tag in sorted(found, key=lambda entry: -entry[0])]
