"""When a session gets a new resume token, and what it contains. Takes the time as an argument."""

import secrets
from collections.abc import Callable

from engine import Experiment
from engine.checkpoint import ENGINE, describe
from server.protocol.messages import Checkpoint
from server.security.signing import Signing
from server.sessions.resume_tokens import AUDIENCE, Claims, seal
from server.sessions.session import Session

_SHORTEST_GAP = 0.25
"""Seconds between two tokens at least, whatever happens."""

_CHARACTERS_PER_SECOND = 4096
"""Large tokens come less often, so that they never take more of the line than this while training goes on …"""
_URGENT_CHARACTERS_PER_SECOND = 65_536
"""… and than this when something has just come to hold."""


class Checkpointer:
    """The tokens of one session.

    Attributes:
        name: public name of the session.
        serial: number of the state that its newest token holds.
    """

    def __init__(
        self,
        keys: Signing,
        *,
        every: float,
        wall_clock: Callable[[], float],
        owner: tuple[str, str] | None = None,
        serial: int = 0,
    ) -> None:
        """Begin without any.

        Args:
            keys: to sign with.
            every: how often a token is made while training goes on, in seconds; seldomer if it is large.
            wall_clock: seconds since 1970.
            owner: public name and secret of the session, if it had them before.
            serial: number of the state that it begins with.
        """
        self.serial = serial
        self.name, self._secret = owner or (secrets.token_urlsafe(12), secrets.token_urlsafe(24))
        self._keys = keys
        self._every = every
        self._wall_clock = wall_clock
        self._asked = True
        self._at = float("-inf")
        self._length = 0
        self._last: tuple[object, ...] | None = None
        self._numbered: tuple[object, ...] | None = None
        self._experiment: Experiment | None = None
        self._described = b""

    def is_owner(self, secret: str) -> bool:
        """Tell whether this is the secret of the session; takes constant time."""
        return secrets.compare_digest(secret.encode(), self._secret.encode())

    def ask(self) -> None:
        """Ask for a token as soon as possible, if there is anything new to tell."""
        self._asked = True

    def renew(self) -> None:
        """Ask for a token in any case: there is a connection that has none yet."""
        self._asked = True
        self._last = None

    def wait(self, session: Session, now: float) -> float | None:
        """Return in how many seconds a token is to be made, 0 for now, or None while there is nothing new to tell."""
        if session.kept() is None or self._last == _news(session):
            return None
        if self._asked or not session.playing:
            gap = max(_SHORTEST_GAP, self._length / _URGENT_CHARACTERS_PER_SECOND)
        else:
            gap = max(self._every, self._length / _CHARACTERS_PER_SECOND)
        return max(0.0, self._at + gap - now)

    def make(self, session: Session, now: float) -> Checkpoint | None:
        """Return a token for the session as it is; None while the run lacks something that was asked for."""
        run = session.kept()
        if run is None:
            return None
        number, history = session.numbers
        news = _news(session)
        if self._numbered not in (None, news):
            self.serial += 1
        self._numbered = news
        claim = Claims(
            aud=AUDIENCE,
            iat=self._wall_clock(),
            serial=self.serial,
            engine=ENGINE,
            session=self.name,
            secret=self._secret,
            run=number,
            history=history,
            playing=session.playing,
            speed=session.speed,
        )
        if self._experiment is not session.experiment:
            self._experiment = session.experiment
            self._described = describe((session.experiment,))
        token, whole = seal(self._keys, claim, run, self._described)
        self._asked, self._at, self._length, self._last = False, now, len(token), news
        return Checkpoint(token=token, epoch=run.epoch, history=history, whole=whole)


def _news(session: Session) -> tuple[object, ...]:
    return session.version, session.playing, session.speed, session.numbers
