"""Processor time of a run that many viewers watch, by one engine process and without sockets."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from engine import Experiment
from server.compute import Scheduler, open_compute
from server.i18n import ENGLISH, bundled
from server.protocol.close_codes import TAKEN_OVER
from server.protocol.commands import Ack, Play, Watch
from server.protocol.events import Closing, Limits
from server.security.signing_keys import load_keys
from server.sessions.expiry import Expiry, Timeouts
from server.sessions.resume.checkpointer import Checkpointer
from server.sessions.runner import ClientInfo, SessionRunner
from server.sessions.session import Session
from server.sessions.viewer import Role, Viewer
from server.telemetry.metrics import Metrics
from tests.support.views import watched

TITLE = "Viewers"
HEADER = (
    "viewers",
    "frames a second, each",
    "engine: time per frame sent",
    "server: time per frame sent",
    "both",
    "both, without compression",
)
TEXT = """\
One session at 60 epochs a second, and viewers that all look at the map (100 × 100) and all tiles, 20 frames a second
each, packed, and acknowledge at once. What they look at is computed once; each has a compressor of its own."""

_SECONDS = 6.0
_RATE = 20
_VIEWS = watched(tiles=True)


class Client:
    """A client that reads and acknowledges whatever its viewer has for it."""

    def __init__(self, runner: SessionRunner, viewer: Viewer) -> None:
        self.frames = 0
        self._runner = runner
        self._viewer = viewer

    async def read(self) -> None:
        viewer = self._viewer
        while True:
            await viewer.sendable.wait()
            viewer.sendable.clear()
            while (message := viewer.outbox.take()) is not None:
                if isinstance(message, bytes):
                    self.frames += 1
                    self._runner.frame_sent()
                    self._runner.receive(viewer, Ack(type="ack", frame=self.frames))


class NoSocket:
    """A connection that nothing closes."""

    def dismiss(self, closing: Closing) -> None:
        raise AssertionError(closing)


def rows() -> Iterator[tuple[str, ...]]:
    for viewers in (1, 8, 30):
        frames, engine, server = asyncio.run(measure(viewers, packed=True))
        plain = sum(asyncio.run(measure(viewers, packed=False))[1:])
        cells = (f"{each * 1000:.2f} ms" for each in (engine, server, engine + server, plain))
        yield (str(viewers), f"{frames / viewers / _SECONDS:.1f}", *cells)


async def measure(viewers: int, *, packed: bool) -> tuple[int, float, float]:
    """Return the number of frames, and the seconds of an engine process and of this one for each."""
    scheduler = open_compute("processes", workers=1, memory=2**30, longest=0.025)
    await scheduler.start()
    with tempfile.TemporaryDirectory() as folder:
        runner = _runner(scheduler, Path(folder))
        runner.start()
        clients = [_enter(runner, number == 0, packed) for number in range(viewers)]
        reading = [asyncio.create_task(client.read()) for client in clients]
        await asyncio.sleep(1)
        frames, engine, server = (
            sum(client.frames for client in clients),
            scheduler.stats.seconds,
            time.process_time(),
        )
        await asyncio.sleep(_SECONDS)
        frames = sum(client.frames for client in clients) - frames
        engine, server = scheduler.stats.seconds - engine, time.process_time() - server
        for task in reading:
            task.cancel()
        await runner.close()
    await scheduler.close()
    return frames, engine / frames, server / frames


def _runner(scheduler: Scheduler, folder: Path) -> SessionRunner:
    clock = time.monotonic
    return SessionRunner(
        Session(Limits(message_bytes=0, window=8, hello_seconds=0), lambda: 0, Experiment()),
        scheduler,
        Checkpointer(load_keys((), folder), interval=2, wall_clock=time.time),
        Expiry(Timeouts(30, 120, 600, 1800, 40_000), clock()),
        client=ClientInfo(),
        metrics=Metrics(),
        clock=clock,
    )


def _enter(runner: SessionRunner, is_owner: bool, packed: bool) -> Client:
    viewer = Viewer(
        NoSocket(),
        bundled()[ENGLISH],
        role=Role.OWNER if is_owner else Role.OBSERVER,
        window=8,
        encoding="packed" if packed else "plain",
        checkpointer=runner.checkpointer if is_owner else None,
        clock=time.monotonic,
    )
    runner.attach(viewer, TAKEN_OVER)
    runner.receive(viewer, Watch.model_validate({"type": "watch", "views": _VIEWS, "frame_rate": _RATE}))
    if is_owner:
        runner.receive(viewer, Play(type="play", epochs_per_second=60))
    return Client(runner, viewer)
