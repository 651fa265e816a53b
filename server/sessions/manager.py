"""The session manager: opens, finds, resumes and ends all sessions of this process.

A session outlives its connection for a while. A client with its resume token is attached to it again; if the session
has ended, a new one goes on with the run in the token.
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
from server.protocol.commands import Hello
from server.protocol.events import Closing, ErrorEvent, Limits
from server.security.signing import Signing
from server.sessions.admission import Admission
from server.sessions.expiry import Expiry, Timeouts
from server.sessions.resume.checkpointer import Checkpointer
from server.sessions.resume.tokens import Claims, RefusedToken, unseal
from server.sessions.runner import ClientInfo, SessionRunner
from server.sessions.session import Session
from server.sessions.viewer import ClientConnection, Role, Viewer
from server.settings import MAX_MESSAGE_BYTES, Settings
from server.telemetry.metrics import Metrics

_REAP_SECONDS, _MIN_REAP_SECONDS = 1.0, 0.05
"""Interval between two checks for expired sessions: the longest, and the shortest, with short timeouts."""

_OUTAGE_SECONDS = 1.0
"""Time without a worker until clients are informed; a process that died is replaced sooner."""

_RETRY_SECONDS = (5.0, 15.0)

_MAX_REVOKED = 20_000
"""Sessions ended by their client that are remembered, so that no token revives them; about 3 MiB."""

_ENTRIES_PER_SECOND = 90.0
_ENTRIES_AT_ONCE = 10.0
"""So at most a hundred clients are admitted within a second, as after a network outage; the others wait."""

_MAX_PER_FREE = 9
"""A person gets another place only if it has fewer than this for each free place. So one person alone can have nine
tenths of the places, several get about the same, and one is left for a person that has none (dynamic thresholds of
shared buffers, Choudhury and Hahne 1998)."""


def retry_seconds() -> float:
    """Return after how many seconds a refused client should try again; random, so that they do not come at once."""
    return round(random.uniform(*_RETRY_SECONDS), 1)


class AdmissionRefused(Exception):
    """A client gets no session; holds the close code, and an error event if its token was refused."""

    def __init__(self, closing: Closing, error: ErrorEvent | None = None) -> None:
        """Create the error from what is sent to the client."""
        super().__init__(closing.reason)
        self.closing = closing
        self.error = error


class SessionManager:
    """Opens sessions, attaches connections to them, and ends them."""

    def __init__(
        self,
        settings: Settings,
        scheduler: Scheduler,
        signing: Signing,
        languages: Languages,
        metrics: Metrics,
        *,
        page_revision: str,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """Create a manager without sessions.

        Args:
            settings: of the server.
            scheduler: computes all slices.
            signing: signs resume tokens.
            languages: of the text in events.
            metrics: count resumed sessions.
            page_revision: of the page that the server delivers.
            clock: seconds, monotonic.
            wall_clock: seconds since 1970.
        """
        self._page_revision = page_revision
        self._languages = languages
        self._settings = settings
        self._scheduler = scheduler
        self._signing = signing
        self._metrics = metrics
        self._clock = clock
        self._wall_clock = wall_clock
        self._timeouts = Timeouts(
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
        self.admission = Admission(_ENTRIES_PER_SECOND, _ENTRIES_AT_ONCE, clock)
        self.draining = False
        """Whether no client is accepted any more, as the server is about to end."""
        self._worker_seen_at = self._clock()  # when there was a worker last
        self._reaper: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """Return the number of sessions."""
        return len(self._runners)

    def __iter__(self) -> Iterator[SessionRunner]:
        """Iterate over the runners of all sessions."""
        return iter(list(self._runners.values()))

    def start(self) -> None:
        """Start the task that ends expired sessions."""
        self._reaper = asyncio.create_task(self._reap())

    async def close(self) -> None:
        """End all sessions and wait for their tasks."""
        if self._reaper is not None:
            self._reaper.cancel()
            await asyncio.gather(self._reaper, return_exceptions=True)
        for runner in self:
            self._end(runner)
        await asyncio.gather(*self._ending)

    # ------------------------------------------------------------------------------------------------- coming in

    @property
    def has_capacity(self) -> bool:
        """Whether a place for another session is free."""
        return len(self._runners) < self._settings.max_sessions

    def oldest_frame_age(self) -> float:
        """Return the age in seconds of the oldest unacknowledged frame; 0 if there is none."""
        ages = (viewer.oldest_frame_age for runner in self for viewer in runner.viewers)
        return max(ages, default=0.0)

    def language(self, asked: str | None, accepted: str | None) -> Language:
        """Return the language of events: the one requested in the hello, else the one that the browser prefers."""
        return choose(self._languages, asked, accepted)

    def connect(
        self, hello: Hello, connection: ClientConnection, language: Language, client: ClientInfo
    ) -> tuple[SessionRunner, Viewer]:
        """Attach a connection to a new session, or to that of its resume token, as its owner, and queue a welcome.

        Args:
            hello: first message of the client.
            connection: to attach.
            language: of the text in events.
            client: to whom the session belongs.

        Raises:
            AdmissionRefused: no place is free, or the resume token is refused.
        """
        if self.draining:
            raise AdmissionRefused(close_codes.RESTARTING)
        if hello.resume is None:
            self._admit(client)
            runner = self._open(hello.experiment, client)
            recovered = False
        else:
            runner, recovered = self._resume(hello, client)
            self._metrics.resumed("live" if recovered else "token")
        runner.client = client
        viewer = Viewer(
            connection,
            language,
            role=Role.OWNER,
            window=self._settings.window,
            encoding=hello.encoding,
            checkpointer=runner.checkpointer,
            clock=self._clock,
        )
        runner.attach(
            viewer, close_codes.TAKEN_OVER, hello=hello, recovered=recovered, page=self._page_revision
        )
        if not recovered:
            runner.start()
        return runner, viewer

    def _resume(self, hello: Hello, client: ClientInfo) -> tuple[SessionRunner, bool]:
        """Return the session of a resume token, and whether it is the live one.

        A live session is looked up first; only a token whose run is needed is checked for its age. The newest state
        wins: a live session is replaced if the token is newer than its own.
        """
        assert hello.resume is not None
        try:
            token = unseal(self._signing, hello.resume)
            claims = token.claims
            if claims.session in self._revoked:
                raise RefusedToken("resume-revoked")
            live = self._runners.get(claims.session)
            if live is not None and not live.checkpointer.is_owner(claims.secret):
                live, owned = None, False
            else:
                owned = True
            if live is not None and claims.serial <= live.checkpointer.serial:
                return live, True
            token.check_age(self._wall_clock(), self._settings.token_seconds)
            run = token.run()
            if run is None:
                raise RefusedToken("resume-gone")
        except RefusedToken as refused:
            self._metrics.resumed("refused")
            error = ErrorEvent(id=hello.id, code=refused.code, **refused.text, field="resume")
            raise AdmissionRefused(close_codes.REFUSED_TOKEN, error) from None
        if live is None:
            self._admit(client)
        else:  # revived from an older token
            live.dismiss(close_codes.TAKEN_OVER)
            self._end(live)
        return self._open(run.experiment, client, claims, run, owned=owned), False

    def _open(
        self,
        experiment: Experiment,
        client: ClientInfo,
        claims: Claims | None = None,
        run: Run | None = None,
        *,
        owned: bool = False,
    ) -> SessionRunner:
        settings = self._settings
        limits = Limits(
            message_bytes=MAX_MESSAGE_BYTES, window=settings.window, hello_seconds=settings.hello_seconds
        )
        session = Session(limits, _new_seed, experiment)
        if claims is not None and run is not None:
            session.restore(
                run, number=claims.run, lineage=claims.history, playing=claims.playing, speed=claims.speed
            )
        runner = SessionRunner(
            session,
            self._scheduler,
            Checkpointer(
                self._signing,
                interval=settings.checkpoint_seconds,
                wall_clock=self._wall_clock,
                owner=(claims.session, claims.secret) if claims is not None and owned else None,
                serial=claims.serial if claims is not None else 0,
            ),
            Expiry(self._timeouts, self._clock()),
            client=client,
            metrics=self._metrics,
            clock=self._clock,
        )
        self._runners[runner.checkpointer.name] = runner
        return runner

    def _admit(self, client: ClientInfo) -> None:
        """Check that a client may have a new session. For it, only disconnected sessions of the same browser are ended.

        Raises:
            AdmissionRefused: no place is free, or this person has too many.
        """
        settings = self._settings
        now = self._clock()
        for runner in self:
            self._apply_expiry(runner, now)
        retry_after = retry_seconds()
        theirs = [runner for runner in self if client.browser and runner.client.browser == client.browser]
        while len(theirs) >= settings.max_client_sessions:
            disconnected = _longest_disconnected(theirs)
            if disconnected is None:
                raise AdmissionRefused(close_codes.too_many(settings.max_client_sessions, retry_after))
            theirs.remove(disconnected)
            self._end(disconnected)
        if sum(runner.client.address == client.address for runner in self) >= settings.max_address_sessions:
            raise AdmissionRefused(close_codes.too_many(settings.max_address_sessions, retry_after))
        free = settings.max_sessions - len(self)
        taken = sum(runner.client.person == client.person for runner in self)
        if free <= 0:
            raise AdmissionRefused(close_codes.full(retry_after))
        if taken >= _MAX_PER_FREE * free:
            raise AdmissionRefused(close_codes.too_many(taken, retry_after))

    # -------------------------------------------------------------------------------------------------- going away

    def disconnect(self, runner: SessionRunner, viewer: Viewer, *, for_good: bool = False) -> None:
        """Detach a viewer whose connection has ended. The session lives on for a while, unless it was ended for good.

        In that case its tokens are revoked as long as the process runs.

        Args:
            runner: of the session.
            viewer: may have been replaced by another one.
            for_good: whether the client closed the connection with the code for a normal closure.
        """
        was_attached = runner.detach(viewer)
        if was_attached and for_good:
            self._revoked[runner.checkpointer.name] = None
            if len(self._revoked) > _MAX_REVOKED:
                del self._revoked[next(iter(self._revoked))]
            self._end(runner)

    def _end(self, runner: SessionRunner) -> None:
        name = runner.checkpointer.name
        if self._runners.get(name) is runner:
            del self._runners[name]
            task = asyncio.create_task(runner.close())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _reap(self) -> None:
        while True:
            await asyncio.sleep(min(_REAP_SECONDS, max(self._timeouts.shortest / 4, _MIN_REAP_SECONDS)))
            self.check()

    def check(self) -> None:
        """Suspend, pause or end sessions whose time has come, and inform clients of an outage of the workers."""
        now = self._clock()
        if self._scheduler.answers:
            self._worker_seen_at = now
        waits = now - self._worker_seen_at >= _OUTAGE_SECONDS
        for runner in self:
            runner.announce_outage(waits)
            self._apply_expiry(runner, now)

    def _apply_expiry(self, runner: SessionRunner, now: float) -> None:
        match runner.expiry.action(now):
            case "suspend":
                runner.suspend()
            case "pause":
                runner.pause_idle()
            case "gone":
                self._end(runner)
            case "idle":
                runner.dismiss(close_codes.IDLE)
                self._end(runner)
            case "age":
                runner.dismiss(close_codes.AGE)
                self._end(runner)


def _longest_disconnected(runners: list[SessionRunner]) -> SessionRunner | None:
    """Return the runner that has been without a connection for the longest time, or None if all have one."""
    left = {runner: runner.expiry.disconnected_at for runner in runners}
    disconnected = {runner: since for runner, since in left.items() if since is not None}
    return min(disconnected, key=disconnected.__getitem__, default=None)


def _new_seed() -> int:
    return secrets.randbelow(MAX_SEED + 1)
