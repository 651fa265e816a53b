"""The join cookie: given for the right join code, it identifies the browser in all requests and WebSockets.

The cookie is a random identity and the time it was issued, signed for the present code. Any server with the same keys
and code believes it.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Sequence

from starlette.requests import cookie_parser
from starlette.types import Scope

from server.security.guess_log import GuessLog
from server.security.issue_time import is_outdated
from server.security.join_codes import ATTEMPTS_PER_SECOND, plain_code
from server.security.signing import Signing
from server.security.token_bucket import TokenBuckets

log = logging.getLogger(__name__)

COOKIE_SECONDS = 12 * 3600
_COOKIE = "neural-playground-"
_IDENTITY_BYTES = 16


class TooManyAttemptsError(Exception):
    """An address tries codes faster than it may.

    Attributes:
        seconds: until the next attempt.
    """

    def __init__(self, seconds: float) -> None:
        """Say until when."""
        super().__init__("too many attempts")
        self.seconds = seconds


class JoinCookies:
    """Takes join codes, gives cookies, and knows them again.

    Attributes:
        code: the join code, plain.
    """

    def __init__(
        self,
        keys: Signing,
        code: str,
        *,
        embedded: bool,
        wall_clock: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        """Begin.

        Args:
            keys: to sign with.
            code: the join code, plain; a cookie for another one is not valid.
            embedded: whether pages of other origins may show this one inside them.
            wall_clock: seconds since 1970.
            clock: seconds on a monotonic clock.
        """
        self.code = code
        self._keys = keys
        self._embedded = embedded
        self._wall_clock = wall_clock
        self._clock = clock
        self._purpose = f"join cookie {hashlib.sha256(code.encode()).hexdigest()}"
        # Cookies do not know ports: two servers of one host use two names, unless they share key and code.
        self._name = _COOKIE + keys.derive(self._purpose, b"name")[:6].hex()
        self._attempts = TokenBuckets(ATTEMPTS_PER_SECOND, 2 * ATTEMPTS_PER_SECOND)
        self._guesses = GuessLog()

    def is_right(self, code: str, address: str) -> bool:
        """Tell whether a code is right.

        Every code is compared, so wrong ones keep no right one out, up to the bound for an address.

        Args:
            code: as it was typed.
            address: where it came from.

        Raises:
            TooManyAttemptsError: the address tries more than `ATTEMPTS_PER_SECOND`; the code is not compared.
        """
        now = self._clock()
        wait = self._attempts[address].take(now)
        if wait > 0:
            raise TooManyAttemptsError(wait)
        if hmac.compare_digest(plain_code(code).encode(), self.code.encode()):
            return True
        warning = self._guesses.note(address, now)
        if warning is not None:
            log.warning(warning)
        return False

    def cookie(self, scope: Scope) -> str:
        """Return the header ``Set-Cookie`` for the sender of a request, who keeps the identity that it has.

        Args:
            scope: of the request, which says whether it came by https and below which path.
        """
        identity = self.identity(scope) or secrets.token_urlsafe(_IDENTITY_BYTES)
        value = self._keys.sign(self._purpose, f"{identity}.{self._wall_clock():.0f}".encode()).decode()
        secure = scope["scheme"] == "https"
        attributes = "; SameSite=Lax"
        if secure:
            # In a page of another site only such a cookie is kept, in a jar for that page alone.
            attributes = (
                "; Secure; SameSite=None; Partitioned" if self._embedded else "; Secure; SameSite=Lax"
            )
        path = f"{scope.get('root_path', '')}/"
        return f"{self._name}={value}; Path={path}; Max-Age={COOKIE_SECONDS}; HttpOnly{attributes}"

    def identity(self, scope: Scope) -> str | None:
        """Return who sent a request or opened a socket, or None without a valid cookie.

        All cookies of such a name are looked at: the key may have been replaced since, which changes the name.
        """
        for header in _cookie_headers(scope["headers"]):
            for name, value in cookie_parser(header).items():
                text = self._keys.unsign(self._purpose, value.encode()) if name.startswith(_COOKIE) else None
                if text is not None:
                    identity, _, issued = text.decode().partition(".")
                    if not is_outdated(float(issued), self._wall_clock(), COOKIE_SECONDS):
                        return identity
        return None


def _cookie_headers(headers: Sequence[tuple[bytes, bytes]]) -> list[str]:
    return [value.decode("latin-1") for name, value in headers if name == b"cookie"]
