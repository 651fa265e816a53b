"""The checkpointer: when a session gets a new resume token, and what it contains. Takes the time as an argument."""

import secrets
from collections.abc import Callable

from engine import Experiment
from engine.checkpoint import ENGINE, describe
from server.protocol.events import Checkpoint
from server.security.signing import Signing
from server.sessions.resume.tokens import AUDIENCE, Claims, seal
from server.sessions.session import Session

_SHORTEST_GAP = 0.25
"""Shortest time between two tokens, in seconds."""

_CHARACTERS_PER_SECOND = 4096
"""Upper bound on the bandwidth of resume tokens while training goes on; large tokens come less often."""

_URGENT_CHARACTERS_PER_SECOND = 65_536
"""The same for tokens that were requested, or are made while the session is paused."""


class Checkpointer:
    """Makes the tokens of one session.

    Attributes:
        name: public name of the session.
        serial: number of the state in its newest token.
    """

    def __init__(
        self,
        signing: Signing,
        *,
        interval: float,
        wall_clock: Callable[[], float],
        owner: tuple[str, str] | None = None,
        serial: int = 0,
    ) -> None:
        """Create a checkpointer that has made no token.

        Args:
            signing: to sign with.
            interval: seconds between tokens while training goes on; longer for large tokens.
            wall_clock: seconds since 1970.
            owner: public name and secret of a session that goes on from a token.
            serial: number of the state that it begins with.
        """
        self.serial = serial
        self.name, self._secret = owner or (secrets.token_urlsafe(12), secrets.token_urlsafe(24))
        self._signing = signing
        self._interval = interval
        self._wall_clock = wall_clock
        self._requested = True
        self._made_at = float("-inf")
        self._length = 0
        self._last_state: tuple[object, ...] | None = None
        self._serial_state: tuple[object, ...] | None = None
        self._experiment: Experiment | None = None
        self._described = b""

    def is_owner(self, secret: str) -> bool:
        """Return whether this is the secret of the session; takes constant time."""
        return secrets.compare_digest(secret.encode(), self._secret.encode())

    def request(self) -> None:
        """Request a token as soon as possible if the state has changed."""
        self._requested = True

    def require(self) -> None:
        """Request a token even if the state has not changed, for a new connection."""
        self._requested = True
        self._last_state = None

    def seconds_until_due(self, session: Session, now: float) -> float | None:
        """Return in how many seconds a token is due, 0 for now; None while the state is the same or not settled."""
        if session.settled_run is None or self._last_state == _state_of(session):
            return None
        if self._requested or not session.wanted.playing:
            gap = max(_SHORTEST_GAP, self._length / _URGENT_CHARACTERS_PER_SECOND)
        else:
            gap = max(self._interval, self._length / _CHARACTERS_PER_SECOND)
        return max(0.0, self._made_at + gap - now)

    def make(self, session: Session, now: float) -> Checkpoint | None:
        """Return a token of the present state; None while the run is not settled."""
        run = session.settled_run
        if run is None:
            return None
        state = _state_of(session)
        if self._serial_state not in (None, state):
            self.serial += 1
        self._serial_state = state
        claims = Claims(
            aud=AUDIENCE,
            iat=self._wall_clock(),
            serial=self.serial,
            engine=ENGINE,
            session=self.name,
            secret=self._secret,
            run=session.state.number,
            history=session.state.lineage,
            playing=session.wanted.playing,
            speed=session.wanted.speed,
        )
        experiment = session.wanted.experiment
        if self._experiment is not experiment:
            self._experiment = experiment
            self._described = describe((experiment,))
        token, holds_run = seal(self._signing, claims, run, self._described)
        self._requested, self._made_at, self._length, self._last_state = False, now, len(token), state
        return Checkpoint(token=token, epoch=run.epoch, lineage=session.state.lineage, whole=holds_run)


def _state_of(session: Session) -> tuple[object, ...]:
    wanted, state = session.wanted, session.state
    return session.version, wanted.playing, wanted.speed, state.number, state.lineage
