"""Orderly shutdown: the server accepts no new sessions, informs its clients, then closes.

It begins in the signal handler, as uvicorn waits for connections before it informs the application.
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

NOTIFY_SECONDS = 2.0
"""Time limit for informing all clients."""

LIMIT_SECONDS = 9.0
"""Time after which the process exits in any case; service managers kill it after ten seconds."""

_BATCH = 10
_PAUSE_SECONDS = 0.1
_POLL_SECONDS = 0.02

_BACKLOG = 1024
"""Connections that the kernel queues until they are accepted."""


class Drain:
    """The shutdown of the application."""

    def __init__(self) -> None:
        """Create a shutdown that has not begun."""
        self.has_begun = False
        self._sessions: SessionManager | None = None
        self._compute: Scheduler | None = None

    def bind(self, sessions: SessionManager, compute: Scheduler) -> None:
        """Set the sessions and the scheduler that will be shut down."""
        self._sessions = sessions
        self._compute = compute

    async def run(self) -> None:
        """Refuse new clients and dismiss all others, in batches, so that they do not reconnect all at once."""
        self.has_begun = True
        if self._sessions is None:
            return
        self._sessions.draining = True
        runners = list(self._sessions)
        size = max(_BATCH, math.ceil(len(runners) * _PAUSE_SECONDS / (NOTIFY_SECONDS / 2)))
        for start in range(0, len(runners), size):
            if start:
                await asyncio.sleep(_PAUSE_SECONDS)
            for runner in runners[start : start + size]:
                runner.post_checkpoints()
                runner.dismiss(RESTARTING)
        while any(runner.is_connected for runner in runners):  # noqa: ASYNC110 - soon over, or cut off
            await asyncio.sleep(_POLL_SECONDS)

    def kill_workers(self) -> None:
        """Kill the engine processes before this process exits; may be called from a signal handler or a thread."""
        if self._compute is not None:
            self._compute.kill()


class DrainingServer(uvicorn.Server):
    """A server that shuts down in order at the first signal, and exits at the second."""

    def __init__(self, config: uvicorn.Config, drain: Drain, announce: Callable[[], None]) -> None:
        """Create a server.

        Args:
            config: of uvicorn.
            drain: shutdown of the application.
            announce: called when the page can be opened.
        """
        super().__init__(config)
        self._drain = drain
        self._announce = announce
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end_requested = False
        self._task: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start and announce it; if that fails, exit with status 1."""
        try:
            await super().startup(sockets)
        except SystemExit:  # uvicorn has logged the reason; its status is another one
            sys.exit(1)
        for listener in sockets or []:
            listener.listen(_BACKLOG)  # asyncio has set it to the number it accepts at once
        if self.started:
            self._loop = asyncio.get_running_loop()
            if not self.should_exit:  # a signal came meanwhile
                self._announce()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Handle all end signals while serving, then raise the one that came with its default action.

        Replaces uvicorn's, which does not handle SIGHUP.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = signals.end_signals()
        for sig in handled:
            signal.signal(sig, self.handle_exit)
        try:
            yield
        finally:
            for sig in handled:
                signal.signal(sig, signal.default_int_handler if sig == signal.SIGINT else signal.SIG_DFL)
        for captured in self._captured_signals[:1]:
            signal.raise_signal(captured)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the shutdown at the first signal; exit at the second."""
        if self._end_requested:
            self._drain.kill_workers()
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
            os._exit(128 + sig)  # the first process of a container is not ended by its own signals
        self._end_requested = True
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
            async with asyncio.timeout(NOTIFY_SECONDS):
                await self._drain.run()
        except TimeoutError:
            log.info("not all clients took the news in time")
        except Exception:
            log.exception("not all clients could be informed")
        finally:
            super().handle_exit(sig, None)

    def _give_up(self) -> None:
        self._drain.kill_workers()
        os._exit(128 + signal.SIGTERM)
