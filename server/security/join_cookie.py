"""The join cookie: issued for the right join code, it identifies the browser in all requests and WebSockets.

The cookie is a random identity and the time of issue, signed for the present code. Every server with the same keys and
code accepts it.
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
    """An address tries codes faster than allowed.

    Attributes:
        seconds: until the next attempt.
    """

    def __init__(self, seconds: float) -> None:
        """Create the error; ``seconds`` as in the attributes."""
        super().__init__("too many attempts")
        self.seconds = seconds


class JoinCookies:
    """Compares join codes, and issues and verifies cookies.

    Attributes:
        code: the join code, normalized.
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
        """Start without any attempts.

        Args:
            keys: sign the cookies.
            code: the join code, normalized; a cookie for another code is not valid.
            embedded: whether pages of other origins may embed this one.
            wall_clock: seconds since 1970.
            clock: seconds on a monotonic clock.
        """
        self.code = code
        self._keys = keys
        self._embedded = embedded
        self._wall_clock = wall_clock
        self._clock = clock
        self._purpose = f"join cookie {hashlib.sha256(code.encode()).hexdigest()}"
        # Cookies ignore the port: two servers on one host need two names, unless they share key and code.
        self._name = _COOKIE + keys.derive(self._purpose, b"name")[:6].hex()
        self._attempts = TokenBuckets(ATTEMPTS_PER_SECOND, 2 * ATTEMPTS_PER_SECOND)
        self._guesses = GuessLog()

    def is_right(self, code: str, address: str) -> bool:
        """Return whether a code is right.

        Every code is compared, up to the limit of its address: wrong codes never lock out a right one.

        Args:
            code: as typed.
            address: of the sender.

        Raises:
            TooManyAttemptsError: the address exceeds `ATTEMPTS_PER_SECOND`; the code is not compared.
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
        """Return a ``Set-Cookie`` header for the sender of a request; an identity that it already has stays.

        Args:
            scope: of the request; its scheme and root path become attributes of the cookie.
        """
        identity = self.identity(scope) or secrets.token_urlsafe(_IDENTITY_BYTES)
        value = self._keys.sign(self._purpose, f"{identity}.{self._wall_clock():.0f}".encode()).decode()
        secure = scope["scheme"] == "https"
        attributes = "; SameSite=Lax"
        if secure:
            # Inside a page of another site, browsers store only such cookies, separately for each such site.
            attributes = (
                "; Secure; SameSite=None; Partitioned" if self._embedded else "; Secure; SameSite=Lax"
            )
        path = f"{scope.get('root_path', '')}/"
        return f"{self._name}={value}; Path={path}; Max-Age={COOKIE_SECONDS}; HttpOnly{attributes}"

    def identity(self, scope: Scope) -> str | None:
        """Return the identity of the sender of a request or WebSocket, or None without a valid cookie.

        Checks all cookies with the prefix, as replacing the key changes the name.
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
