"""Orderly shutdown: the server accepts no new sessions, informs its clients, and only then closes.

uvicorn waits for connections before it lets the application know; so this begins at the signal itself.
"""

import asyncio
import contextlib
import logging
import math
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from types import FrameType

import uvicorn

from server.compute import Scheduler
from server.lifecycle import signals
from server.protocol.close_codes import RESTARTING
from server.sessions.manager import SessionManager

log = logging.getLogger(__name__)

FAREWELL_SECONDS = 2.0
"""How long it may take to tell all clients."""

LIMIT_SECONDS = 9.0
"""When the process ends in any case, whatever hangs: those who started it wait ten seconds before they kill it."""

_BATCH = 10
_PAUSE_SECONDS = 0.1
_LOOK_SECONDS = 0.02

_BACKLOG = 1024
"""Connections that the kernel keeps until they are accepted."""


class Drain:
    """The application's side of its end."""

    def __init__(self) -> None:
        """Begin as a server that goes on."""
        self.begun = False
        self._sessions: SessionManager | None = None
        self._compute: Scheduler | None = None

    def watch(self, sessions: SessionManager, compute: Scheduler) -> None:
        """Take note of what will have to come to an end."""
        self._sessions = sessions
        self._compute = compute

    async def run(self) -> None:
        """Take nobody new, and tell all clients, some at a time, so that they do not come back all at once."""
        self.begun = True
        if self._sessions is None:
            return
        self._sessions.draining = True
        runners = list(self._sessions)
        size = max(_BATCH, math.ceil(len(runners) * _PAUSE_SECONDS / (FAREWELL_SECONDS / 2)))
        for start in range(0, len(runners), size):
            if start:
                await asyncio.sleep(_PAUSE_SECONDS)
            for runner in runners[start : start + size]:
                runner.checkpoint_now()
                runner.dismiss(RESTARTING)
        while any(runner.connection is not None for runner in runners):  # noqa: ASYNC110 - soon over, or cut off
            await asyncio.sleep(_LOOK_SECONDS)

    def abandon(self) -> None:
        """Kill the engine processes, which would outlive this one; called from a signal handler or a thread."""
        if self._compute is not None:
            self._compute.kill()


class DrainingServer(uvicorn.Server):
    """Drains at the first signal, and ends at once at the second."""

    def __init__(self, config: uvicorn.Config, drain: Drain, announce: Callable[[], None]) -> None:
        """Prepare.

        Args:
            config: of uvicorn.
            drain: of the application that is served.
            announce: called when the page can be opened.
        """
        super().__init__(config)
        self._drain = drain
        self._announce = announce
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = False
        self._task: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so; a start that fails ends the process with status 1."""
        try:
            await super().startup(sockets)
        except SystemExit:  # whose status is uvicorn's own; why it is has been logged
            sys.exit(1)
        for listener in sockets or []:
            listener.listen(_BACKLOG)  # asyncio took as many as it accepts at once
        if self.started:
            self._loop = asyncio.get_running_loop()
            if not self.should_exit:  # asked to end meanwhile
                self._announce()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take all signals that ask to end, and in the end let the process end as by the one that came.

        In the place of uvicorn's, which knows nothing of a terminal that was closed.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        heeded = signals.heeded()
        for sig in heeded:
            signal.signal(sig, self.handle_exit)
        try:
            yield
        finally:
            for sig in heeded:
                signal.signal(sig, signal.default_int_handler if sig == signal.SIGINT else signal.SIG_DFL)
        for captured in self._captured_signals[:1]:
            signal.raise_signal(captured)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal that asks to end."""
        if self._asked:
            self._drain.abandon()
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
            os._exit(128 + sig)  # the first process of a container is not ended by its own signals
        self._asked = True
        watchdog = threading.Timer(LIMIT_SECONDS, self._give_up)
        watchdog.daemon = True
        watchdog.start()
        if self._loop is None:
            super().handle_exit(sig, frame)
        else:
            self._loop.call_soon_threadsafe(self._begin, sig)

    def _begin(self, sig: int) -> None:
        self._task = asyncio.create_task(self._end(sig))

    async def _end(self, sig: int) -> None:
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._drain.run()
        except TimeoutError:
            log.info("not all clients took the news in time")
        except Exception:
            log.exception("not all clients could be informed")
        finally:
            super().handle_exit(sig, None)

    def _give_up(self) -> None:
        self._drain.abandon()
        os._exit(128 + signal.SIGTERM)
