"""Join codes: drawing, comparing, displaying, and how long it takes to guess one."""

import math
import string
from datetime import date

from server.security.signing import Signing

MIN_CODE_CHARACTERS = 6
MAX_CODE_CHARACTERS = 64

ALPHABET = "abcdefghjkmnpqrstuvwxyz"
"""Letters of drawn codes: without i, l and o, which look like each other and like digits."""

_DRAWN_LETTERS = 8
"""23 ** 8 codes are 36 bits."""

ENOUGH_BITS = 35.0
"""Codes with fewer cause a warning."""

ATTEMPTS_PER_SECOND = 100.0
"""Codes that one address may try. Eight hours at this rate from a hundred addresses are 2.9e8 attempts at one of
7.8e10 possible codes: a drawn code is guessed in a school day with a probability of 1 in 270."""


def plain_code(text: str) -> str:
    """Normalize a code for comparison: no spaces and hyphens, lower case."""
    return "".join(character for character in text if not character.isspace() and character != "-").casefold()


def check_code(code: str) -> str:
    """Return a code that the operator chose, normalized by `plain_code`.

    Raises:
        ValueError: it is too short, or too long.
    """
    plain = plain_code(code)
    if not MIN_CODE_CHARACTERS <= len(plain) <= MAX_CODE_CHARACTERS:
        raise ValueError(
            f"the join code has {len(plain)} characters; {MIN_CODE_CHARACTERS} … {MAX_CODE_CHARACTERS} are allowed,"
            " spaces and hyphens not counted"
        )
    return plain


def draw_code(keys: Signing, day: date) -> str:
    """Draw a code.

    It stays the same for a day, so that join cookies remain valid when a server restarts in the middle of a lesson.
    """
    number = int.from_bytes(keys.derive("join code", day.isoformat().encode()), "little")
    letters = []
    for _ in range(_DRAWN_LETTERS):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)


def grouped(code: str) -> str:
    """Return a code in groups of three or four, which are easier to read out: abcd-efgh."""
    size = 3 if len(code) % 3 == 0 else 4
    return "-".join(code[start : start + size] for start in range(0, len(code), size))


def weakness(code: str) -> str | None:
    """Return a warning with the time that guessing a code takes, or None if the code is long enough.

    Args:
        code: normalized. Assumed to be random digits, letters, or both; words are guessed faster.
    """
    kinds = [(string.digits, 10), (string.ascii_lowercase, 26)]
    letters = sum(size for characters, size in kinds if any(character in characters for character in code))
    letters += 33 if any(character not in string.digits + string.ascii_lowercase for character in code) else 0
    bits = len(code) * math.log2(letters)
    if bits >= ENOUGH_BITS:
        return None
    duration = _duration(2 ** (bits - 1) / ATTEMPTS_PER_SECOND)
    return (
        f"the join code may be guessed: it has about {bits:.0f} bits, at least {ENOUGH_BITS:.0f} are advised. At"
        f" {ATTEMPTS_PER_SECOND:.0f} attempts a second that one address may make, trying half of all codes takes"
        f" {duration}. --join-code without a value draws a code that is long enough"
    )


def _duration(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
