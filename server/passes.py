"""Passes: who has given the join code gets a pass, and for every connection a ticket.

A pass lasts for a lesson and stands in the header of requests. A ticket is for the first message of one WebSocket,
where no header can be set: it is good once, for a minute. Both are signed, so any server with the same keys
believes them; what has been used is remembered by the server that it was used at.
"""

import base64
import hashlib
import hmac
import secrets
import struct
from collections import OrderedDict
from collections.abc import Callable
from datetime import date

from server.buckets import Bucket, Buckets
from server.keys import Keys

PASS_SECONDS = 12 * 3600
TICKET_SECONDS = 60

MIN_CODE_CHARACTERS = 6
MAX_CODE_CHARACTERS = 64
_DRAWN_DIGITS = 6

_NONCE_BYTES = 16  # 128 bits
_HEAD = struct.Struct(f"<d{_NONCE_BYTES}s")  # when it ends, and what makes it unlike any other


class TooManyGuessesError(Exception):
    """Too many wrong codes were given.

    Attributes:
        seconds: until the next may be.
    """

    def __init__(self, seconds: float) -> None:
        """Say until when."""
        super().__init__("too many wrong codes")
        self.seconds = seconds


def plain_code(text: str) -> str:
    """Return a code as it is compared: without the spaces and hyphens that make it legible, in lower case."""
    return "".join(character for character in text if not character.isspace() and character != "-").casefold()


def check_code(code: str) -> str:
    """Return a chosen code, plain.

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


def draw_code(keys: Keys, day: date) -> str:
    """Draw a code of six digits.

    It is the same for a day: a server that is started again in the middle of a lesson lets everybody in again.
    """
    signature = keys.derive("join code", day.isoformat().encode())
    return f"{int.from_bytes(signature[:8], 'little') % 10**_DRAWN_DIGITS:0{_DRAWN_DIGITS}}"


def legible(code: str) -> str:
    """Return a code in groups, as it is read out: 123 456."""
    size = 3 if len(code) % 3 == 0 else 4
    return " ".join(code[start : start + size] for start in range(0, len(code), size))


class Passes:
    """Gives passes for a code and tickets for a pass, and knows them again.

    Attributes:
        code: the join code, plain.
    """

    def __init__(self, keys: Keys, code: str, now: Callable[[], float]) -> None:
        """Begin.

        Args:
            keys: to sign with.
            code: the join code, plain; a pass for another one is none.
            now: seconds since the epoch.
        """
        self.code = code
        self._keys = keys
        self._now = now
        # Only wrong codes count. A class of 200 behind one address may mistype every third one; over twelve hours
        # one address has 4,400 guesses and all together 8,900, of a million.
        self._guesses_of_address = Buckets(rate=0.1, burst=60)
        self._guesses = Bucket(rate=0.2, burst=200)
        self._used: OrderedDict[bytes, float] = OrderedDict()

    def join(self, code: str, address: str) -> str | None:
        """Return a pass if the code is right, else None.

        Args:
            code: as it was typed.
            address: of who typed it.

        Raises:
            TooManyGuessesError: from this address or in all; whether the code is right is not told.
        """
        now = self._now()
        own = self._guesses_of_address[address]
        wait = max(own.missing(now), self._guesses.missing(now))
        if wait > 0:
            raise TooManyGuessesError(wait)
        if not hmac.compare_digest(plain_code(code).encode(), self.code.encode()):
            own.take(now)
            self._guesses.take(now)
            return None
        return self._issue("pass", PASS_SECONDS)

    def knows(self, pass_: str) -> bool:
        """Tell whether a pass is one of these, for the present code, and not over."""
        return self._read("pass", pass_) is not None

    def ticket(self, client: str = "") -> str:
        """Return a ticket.

        Args:
            client: who is to use it, as in its hello; nobody else can. Without a name, whoever has it.
        """
        return self._issue("ticket", TICKET_SECONDS, client)

    def redeem(self, ticket: str, client: str = "") -> bool:
        """Tell whether a ticket is good, for this client or for anybody; from now on it is not."""
        found = self._read("ticket", ticket, client) or self._read("ticket", ticket)
        if found is None:
            return False
        nonce, end = found
        now = self._now()
        while self._used and next(iter(self._used.values())) <= now:
            self._used.popitem(last=False)
        if nonce in self._used:
            return False
        self._used[nonce] = end
        return True

    def _issue(self, kind: str, seconds: float, client: str = "") -> str:
        head = _HEAD.pack(self._now() + seconds, secrets.token_bytes(_NONCE_BYTES))
        return self._keys.sign(self._purpose(kind, client), base64.urlsafe_b64encode(head)).decode()

    def _read(self, kind: str, text: str, client: str = "") -> tuple[bytes, float] | None:
        signed = self._keys.unsign(self._purpose(kind, client), text.encode())
        if signed is None:
            return None
        end, nonce = _HEAD.unpack(base64.urlsafe_b64decode(signed))
        return (nonce, end) if end > self._now() else None

    def _purpose(self, kind: str, client: str) -> str:
        """Return what a signature is for: never the code itself, but nothing that holds with another one."""
        return f"{kind} {hashlib.sha256(self.code.encode()).hexdigest()} {client}"
