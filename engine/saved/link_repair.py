"""The ``key=value`` pairs of a link, repaired after mails, chats and browsers have changed it.

Reverted are line breaks, ``&amp;`` for ``&``, ``=3D`` for ``=`` (quoted-printable), ``%26`` or ``%23`` for ``&`` and
``#``, and percent-encoding of a whole link. Characters that are cut off at the end are reported.
"""

import re
from dataclasses import dataclass

from engine.user_messages import UserMessage, quoted

MAX_LENGTH = 65_536
"""Length of the longest link that is read, in characters."""

_AMPERSANDS = re.compile(r"&(?:(?:amp|#38|#x26);)+", re.IGNORECASE)
_ENCODED_AMPERSAND = re.compile(r"%26(?:amp(?:;|%3B))*(?=[\w.]+=)", re.IGNORECASE | re.ASCII)
_CUT = frozenset("<>\"'`”’»)]}*.,;:!? \t")
_CUT_ENCODED = frozenset(("%3C", "%3E", "%22", "%60", "%20"))
"""Characters that do not belong to the end of a link but to the text around it, plain and as browsers encode them."""

_BARE = re.compile(r"[<\"'`(]*[A-Za-z][\w.]*(?:=|%3D)", re.IGNORECASE | re.ASCII)
_QUOTED = re.compile(r"(?:[^=]*=(?:3D|\r?\n))*[^=]*")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})|%")


@dataclass(frozen=True, slots=True)
class Link:
    """Content of a link.

    Attributes:
        pairs: keys and values in their order; values are still percent-encoded, and None without ``=``.
        ending: characters that were cut off at the end, such as ``>`` or a full stop.
    """

    pairs: tuple[tuple[str, str | None], ...]
    ending: str = ""

    @property
    def notes(self) -> tuple[UserMessage, ...]:
        """A note on the characters that were cut off, if there are any."""
        return (UserMessage("link-ending", {"ending": quoted(self.ending)}),) if self.ending else ()


def parse(text: str) -> Link | None:
    """Parse a link: a whole address, or its fragment with or without ``#``.

    Returns:
        None if the text is not a link: it has no ``#``, and does not begin with ``key=``.
    """
    fragment = _fragment(_AMPERSANDS.sub("&", _joined(text)))
    if fragment is None:
        return None
    if "=" not in fragment:
        fragment = unescaped(fragment)
    fragment = _AMPERSANDS.sub("&", _ENCODED_AMPERSAND.sub("&", fragment))
    end = _end(fragment)
    pairs = (_pair(part) for part in fragment[:end].split("&") if part.strip())
    return Link(tuple(pairs), fragment[end:].strip())


def unescaped(text: str) -> str:
    """Decode percent-encoding; a text with an invalid one is returned unchanged."""
    try:
        return _PERCENT.sub(lambda found: bytes.fromhex(found[1].decode()), text.encode()).decode()
    except (AttributeError, UnicodeError):
        return text


def protected(fragment: str) -> str:
    """Return a fragment with ``&`` appended if ``parse`` would cut off characters at its end."""
    return f"{fragment}&" if _end(fragment) < len(fragment) else fragment


def _end(fragment: str) -> int:
    """Return the length of the fragment without the characters to cut off."""
    end = len(fragment)
    while end > 0:
        if fragment[end - 1] in _CUT:
            end -= 1
        elif fragment[max(0, end - 3) : end].upper() in _CUT_ENCODED:
            end -= 3
        else:
            break
    return end


def _joined(text: str) -> str:
    """Return the text in one line, decoded from quoted-printable if every ``=`` is encoded so."""
    if "=3D" in text and _QUOTED.fullmatch(text):
        text = re.sub(r"=\r?\n", "", text).replace("=3D", "=")
    return "".join(line.strip() for line in re.split(r"[\r\n]+", text))


def _fragment(text: str) -> str | None:
    before, hash_, fragment = text.partition("#")
    if hash_:
        return fragment
    before, hash_, fragment = text.partition("%23")
    if hash_ and "/" in before and "=" not in before:
        return fragment
    return text.lstrip("<\"'`(") if _BARE.match(text) else None


def _pair(part: str) -> tuple[str, str | None]:
    key, separator, value = part.partition("=")
    return unescaped(key).strip(), value if separator else None
