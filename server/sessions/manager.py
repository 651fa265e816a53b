"""The session manager: opens, finds, resumes and ends all sessions of this process.

A session outlives its connection for a while. Who brings its token goes on with it; if it is no longer here, with the
run that the token holds.
"""

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Iterator

from engine import Experiment, Run
from engine.schema import MAX_SEED
from server.compute import Scheduler
from server.i18n import Language, Languages
from server.i18n.negotiation import choose
from server.protocol import close_codes
from server.protocol.messages import Closing, ErrorEvent, Hello, Limits
from server.security.signing import Signing
from server.sessions.admission import Admission
from server.sessions.checkpointer import Checkpointer
from server.sessions.expiry import Expiry, Timeouts
from server.sessions.resume_tokens import Claims, RefusedToken, unseal
from server.sessions.runner import ClientConnection, ClientInfo, SessionRunner
from server.sessions.session import Session
from server.settings import MAX_MESSAGE_BYTES, Settings
from server.telemetry.metrics import Metrics

_LOOK_SECONDS = 1.0
"""How often it is looked whether a session has come to its end, at least."""

_LEAST_LOOK_SECONDS = 0.05

_OUTAGE_SECONDS = 1.0
"""For how long there may be no worker until learners are informed; a process that died is replaced sooner."""
"""Looks are not more often than that, however short the times are in which sessions end."""

_RETRY_SECONDS = (5.0, 15.0)

_MOST_REVOKED = 20_000
"""Sessions that ended with a goodbye and are remembered, so that no token revives them; about 3 MiB."""

_ENTRIES_PER_SECOND = 90.0
_ENTRIES_AT_ONCE = 10.0
"""So never more than a hundred come in within a second, as after a cut of the network; the others wait their turn."""

_MOST_PER_FREE = 9
"""A person gets another place only if it holds less than so many for each that is free. So one person alone can have
nine tenths of the places, several get about the same, and there is one left for a person that has none. The thresholds
of shared buffers in switches work in this way (Choudhury and Hahne 1998)."""


def retry_seconds() -> float:
    """Return after how many seconds to try again where there was no room; not the same for all who were turned away."""
    return round(random.uniform(*_RETRY_SECONDS), 1)


class AdmissionRefused(Exception):
    """There is no session for this client; says why."""

    def __init__(self, closing: Closing, error: ErrorEvent | None = None) -> None:
        """Keep what is to be said."""
        super().__init__(closing.reason)
        self.closing = closing
        self.error = error


class SessionManager:
    """Opens sessions, finds them again, and ends them."""

    def __init__(
        self,
        settings: Settings,
        compute: Scheduler,
        keys: Signing,
        languages: Languages,
        metrics: Metrics,
        *,
        page_revision: str,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """Begin with none.

        Args:
            settings: of the server.
            compute: where all slices are computed.
            keys: to sign tokens with.
            languages: to tell things in.
            metrics: where it is counted who comes back and how.
            page_revision: names the page that the server gives out.
            wall_clock: seconds since 1970.
        """
        self._page_revision = page_revision
        self._languages = languages
        self._settings = settings
        self._compute = compute
        self._keys = keys
        self._metrics = metrics
        self._wall_clock = wall_clock
        self._terms = Timeouts(
            alone=settings.alone_seconds,
            kept=settings.kept_seconds,
            rest=settings.rest_seconds,
            idle=settings.idle_seconds,
            age=settings.session_seconds,
        )
        self._runners: dict[str, SessionRunner] = {}  # by public name, the oldest first
        self._revoked: dict[
            str, None
        ] = {}  # public names of sessions that were ended for good, the oldest first
        self._ending: set[asyncio.Task[None]] = set()
        self.entrance = Admission(_ENTRIES_PER_SECOND, _ENTRIES_AT_ONCE, time.monotonic)
        self.draining = False
        """Whether nobody is taken any more, as the server is about to end."""
        self._answered = time.monotonic()  # when there was anything to compute with
        self._patrol: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._runners)

    def __iter__(self) -> Iterator[SessionRunner]:
        """Go through them."""
        return iter(list(self._runners.values()))

    def start(self) -> None:
        """Begin to look after those that nobody needs any more."""
        self._patrol = asyncio.create_task(self._look_after())

    async def close(self) -> None:
        """End all."""
        if self._patrol is not None:
            self._patrol.cancel()
            await asyncio.gather(self._patrol, return_exceptions=True)
        for runner in self:
            self._end(runner)
        await asyncio.gather(*self._ending)

    # ------------------------------------------------------------------------------------------------- coming in

    @property
    def has_room(self) -> bool:
        """Whether somebody new would get a session."""
        return len(self._runners) < self._settings.max_sessions

    def oldest_frame_age(self) -> float:
        """Return for how many seconds the oldest frame has waited to be acknowledged; 0 if none does."""
        return max((runner.frame_age() for runner in self), default=0.0)

    def language(self, asked: str | None, accepted: str | None) -> Language:
        """Return the language to tell things in: the one that a hello asks for, else what the browser likes best."""
        return choose(self._languages, asked, accepted)

    def enter(
        self, hello: Hello, line: ClientConnection, language: Language, guest: ClientInfo
    ) -> SessionRunner:
        """Open a session for a connection, or let it go on with its own; the welcome is the first thing in its outbox.

        Args:
            hello: what the client says first.
            line: its connection.
            language: to tell it things in.
            guest: who it is.

        Raises:
            TurnedAway: there is no room, or the token that it brings is refused.
        """
        if self.draining:
            raise AdmissionRefused(close_codes.RESTARTING)
        if hello.resume is None:
            self._make_room(guest)
            runner = self._open(hello.experiment, guest)
            recovered = False
        else:
            runner, recovered = self._resume(hello, guest)
            self._metrics.resumed("live" if recovered else "token")
        runner.guest = guest
        runner.attach(
            line, language, close_codes.TAKEN_OVER, hello=hello, recovered=recovered, page=self._page_revision
        )
        if not recovered:
            runner.start()
        return runner

    def _resume(self, hello: Hello, guest: ClientInfo) -> tuple[SessionRunner, bool]:
        """Return the session of a token, and whether it is the very one.

        A session that lives is looked for first: only a token that has to be opened for its run is judged by the clock.
        The newest run wins: a session goes on from a token only if that is newer than its own.
        """
        assert hello.resume is not None
        try:
            opened = unseal(self._keys, hello.resume)
            claim = opened.claim
            if claim.session in self._revoked:
                raise RefusedToken("resume-revoked")
            here = self._runners.get(claim.session)
            if here is not None and not here.checkpoints.is_owner(claim.secret):
                here, owned = None, False
            else:
                owned = True
            if here is not None and claim.serial <= here.checkpoints.serial:
                return here, True
            opened.check_age(self._wall_clock(), self._settings.token_seconds)
            run = opened.run()
            if run is None:
                raise RefusedToken("resume-gone")
        except RefusedToken as refused:
            self._metrics.resumed("refused")
            error = ErrorEvent(id=hello.id, code=refused.code, **refused.told, field="resume")
            raise AdmissionRefused(close_codes.REFUSED_TOKEN, error) from None
        if here is None:
            self._make_room(guest)
        else:  # revived from an older token
            here.dismiss(close_codes.TAKEN_OVER)
            self._end(here)
        return self._open(run.experiment, guest, claim, run, owned=owned), False

    def _open(
        self,
        experiment: Experiment,
        guest: ClientInfo,
        claim: Claims | None = None,
        run: Run | None = None,
        *,
        owned: bool = False,
    ) -> SessionRunner:
        settings = self._settings
        limits = Limits(
            message_bytes=MAX_MESSAGE_BYTES, window=settings.window, hello_seconds=settings.hello_seconds
        )
        session = Session(limits, _new_seed, experiment)
        if claim is not None and run is not None:
            session.restore(
                run, number=claim.run, history=claim.history, playing=claim.playing, speed=claim.speed
            )
        runner = SessionRunner(
            session,
            self._compute,
            Checkpointer(
                self._keys,
                every=settings.checkpoint_seconds,
                wall_clock=self._wall_clock,
                owner=(claim.session, claim.secret) if claim is not None and owned else None,
                serial=claim.serial if claim is not None else 0,
            ),
            Expiry(self._terms, time.monotonic()),
            guest=guest,
            window=settings.window,
            metrics=self._metrics,
        )
        self._runners[runner.checkpoints.name] = runner
        return runner

    def _make_room(self, guest: ClientInfo) -> None:
        """See that one more is not one too many. Nobody who is connected, or may still come back, loses a place for it.

        Raises:
            TurnedAway: there is no room, or none for this person beside others.
        """
        settings = self._settings
        now = time.monotonic()
        for runner in self:
            self._judge(runner, now)
        retry_after = retry_seconds()
        theirs = [runner for runner in self if guest.browser and runner.guest.browser == guest.browser]
        while len(theirs) >= settings.max_client_sessions:
            forsaken = _oldest_forsaken(theirs)  # of the newcomer itself
            if forsaken is None:
                raise AdmissionRefused(close_codes.too_many(settings.max_client_sessions, retry_after))
            theirs.remove(forsaken)
            self._end(forsaken)
        if sum(runner.guest.address == guest.address for runner in self) >= settings.max_address_sessions:
            raise AdmissionRefused(close_codes.too_many(settings.max_address_sessions, retry_after))
        free = settings.max_sessions - len(self)
        held = sum(runner.guest.person == guest.person for runner in self)
        if free <= 0:
            raise AdmissionRefused(close_codes.full(retry_after))
        if held >= _MOST_PER_FREE * free:
            raise AdmissionRefused(close_codes.too_many(held, retry_after))

    # -------------------------------------------------------------------------------------------------- going away

    def leave(self, runner: SessionRunner, line: ClientConnection, *, for_good: bool = False) -> None:
        """Take note that a connection has ended; the session is kept for a while, unless the client has said goodbye.

        A goodbye revokes the session's tokens for the life of the process.

        Args:
            runner: of the session.
            line: the connection, by now perhaps no longer the session's.
            for_good: whether the client said that it will not come back.
        """
        was_there = runner.line is line
        runner.detach(line)
        if was_there and for_good:
            self._revoked[runner.checkpoints.name] = None
            if len(self._revoked) > _MOST_REVOKED:
                del self._revoked[next(iter(self._revoked))]
            self._end(runner)

    def _end(self, runner: SessionRunner) -> None:
        name = runner.checkpoints.name
        if self._runners.get(name) is runner:
            del self._runners[name]
            task = asyncio.create_task(runner.close())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(min(_LOOK_SECONDS, max(self._terms.shortest / 4, _LEAST_LOOK_SECONDS)))
            now = time.monotonic()
            if self._compute.answers:
                self._answered = now
            waits = now - self._answered >= _OUTAGE_SECONDS
            for runner in self:
                runner.tell_waiting(waits)
                self._judge(runner, now)

    def _judge(self, runner: SessionRunner, now: float) -> None:
        match runner.lifetime.verdict(now):
            case "hold":
                runner.hold()
            case "rest":
                runner.rest()
            case "gone":
                self._end(runner)
            case "idle":
                runner.dismiss(close_codes.IDLE)
                self._end(runner)
            case "age":
                runner.dismiss(close_codes.AGE)
                self._end(runner)


def _oldest_forsaken(runners: list[SessionRunner]) -> SessionRunner | None:
    """Return the runner that has been without a connection for longest, or None if all have one."""
    left = {runner: runner.lifetime.left for runner in runners}
    forsaken = {runner: since for runner, since in left.items() if since is not None}
    return min(forsaken, key=forsaken.__getitem__, default=None)


def _new_seed() -> int:
    return secrets.randbelow(MAX_SEED + 1)
