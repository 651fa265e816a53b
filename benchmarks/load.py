"""Load test: response times of a real server while many sessions train: ``make load SESSIONS=30``.

Server and load share the machine, so the processor use and the lag of the load are printed as well.
"""

import argparse
import asyncio
import math
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.__main__ import line
from benchmarks.measure import in_time, verdict
from tests.support.live_server import LiveServer, live_server
from tests.support.processes import busy_seconds, engine_processes, memory, processor_seconds
from tests.support.views import watched
from tests.support.wire import Arrival, ClosedError, Wire, connect

MOST_SESSIONS, MOST_SECONDS = 500, 600
FRAME_RATE = 20
"""Frames per second that every session requests, as the page does."""

WARM_UP_SECONDS = 2.0
ARRIVALS_PER_SECOND = 8.0
"""Rate of opening sessions: below the server's admission rate."""

HEALTH_SECONDS, CONTROL_SECONDS, LAG_SECONDS = 0.04, 0.05, 0.02
"""Intervals of the probes."""
PROBED = 3
"""Number of further sessions whose response to commands is measured."""

HEADER = ["what", "measured", "needed"]


@dataclass
class Learner:
    """One session of the load, and what it has received so far."""

    wire: Wire = field(init=False)
    epoch: int = 0
    widest_gap: float = 0.0
    _last: float = math.inf

    def see(self, arrival: Arrival) -> None:
        self.epoch = arrival.epoch
        if arrival.time - self._last > self.widest_gap:
            self.widest_gap = arrival.time - self._last
        self._last = arrival.time

    def mark(self) -> tuple[int, int, int]:
        return self.epoch, self.wire.frames, self.wire.bytes


@dataclass
class Times:
    """Response times of the probes, in seconds."""

    health: list[float] = field(default_factory=list)
    lag: list[float] = field(default_factory=list)
    control: dict[str, list[float]] = field(default_factory=dict)


async def enter(url: str, experiment: dict[str, object], encoding: str | None) -> Learner:
    """Open a session; retry while the server is full."""
    while True:
        learner = Learner()
        wire = learner.wire = await connect(url, on_frame=learner.see)
        try:
            await wire.hello(experiment=experiment, **({"encoding": encoding} if encoding else {}))
        except ClosedError as closed:
            if closed.code != 1013:
                raise
            await asyncio.sleep(random.uniform(0.5, 1.5))
            continue
        wire.send("watch", views=watched(tiles=True), frame_rate=FRAME_RATE)
        return learner


async def probe_health(server: LiveServer, times: list[float]) -> None:
    """Request /healthz repeatedly over one connection."""
    port = int(server.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            start = time.perf_counter()
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - start)
            if b" 200 " not in head.partition(b"\r\n")[0]:
                raise RuntimeError(f"/healthz answered {head!r}")
            await asyncio.sleep(HEALTH_SECONDS)
    finally:
        writer.close()


async def probe_lag(times: list[float]) -> None:
    """Measure the event loop lag of the load itself, which is part of every measured response time."""
    while True:
        start = time.perf_counter()
        await asyncio.sleep(LAG_SECONDS)
        times.append(time.perf_counter() - start - LAG_SECONDS)


async def probe_control(wire: Wire, speed: float | None, times: dict[str, list[float]]) -> None:
    """Send each command to one session in turn, and measure the time to its answer.

    ``play`` is answered at once, ``pause`` when training has stopped, a parameter and a view by a frame.
    """
    while True:
        for name, ask in (
            ("pause", lambda: wire.ask("pause")),
            (
                "set_parameter",
                lambda: _next_frame(wire, "set_parameter", layer=0, unit=0, input=0, value=0.5),
            ),
            ("watch", lambda: _next_frame(wire, "watch", views=watched(tiles=True), frame_rate=FRAME_RATE)),
            ("play", lambda: wire.ask("play", epochs_per_second=speed)),
        ):
            start = time.perf_counter()
            await ask()
            times.setdefault(name, []).append(time.perf_counter() - start)
            await asyncio.sleep(CONTROL_SECONDS)


async def _next_frame(wire: Wire, type_: str, **fields: object) -> None:
    """Send a command that is answered by a frame; the session is paused, so there is no other frame."""
    wire.drop_frames()
    wire.send(type_, **fields)
    await wire.frame()


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def both(values: Sequence[float]) -> str:
    return f"{in_time(percentile(values, 0.5))} / {in_time(percentile(values, 0.99))}"


async def measure(options: argparse.Namespace, server: LiveServer) -> Iterator[tuple[str, str, str]]:
    idle, busy = Times(), Times()
    speed: float | None = options.speed
    async with asyncio.timeout(60 + options.sessions + options.seconds * 2), asyncio.TaskGroup() as probes:
        baseline = probes.create_task(probe_health(server, idle.health))
        await asyncio.sleep(2)
        baseline.cancel()

        experiment: dict[str, object] = {"network": {"hidden": options.hidden}}
        learners = []
        for _ in range(options.sessions):
            learners.append(await enter(server.socket_url, experiment, options.encoding))
            await asyncio.sleep(1 / ARRIVALS_PER_SECOND)
        chosen = []
        for _ in range(PROBED):
            chosen.append(await connect(server.socket_url))
            await chosen[-1].hello(experiment=experiment)
            await chosen[-1].frame()
        for wire in (*(learner.wire for learner in learners), *chosen):
            wire.send("play", epochs_per_second=speed)
        await asyncio.sleep(WARM_UP_SECONDS)

        pids = engine_processes(server.process.pid)
        seconds_before = _processor(server, pids)
        before = [learner.mark() for learner in learners]
        for learner in learners:
            learner.widest_gap = 0
        start = time.perf_counter()
        probing = [
            probes.create_task(probe_health(server, busy.health)),
            probes.create_task(probe_lag(busy.lag)),
            *(probes.create_task(probe_control(wire, speed, busy.control)) for wire in chosen),
        ]
        await asyncio.sleep(options.seconds)
        after = [learner.mark() for learner in learners]
        elapsed = time.perf_counter() - start
        used = [(b - a) / elapsed for a, b in zip(seconds_before, _processor(server, pids), strict=True)]
        resident = memory(server.process.pid)
        for task in probing:
            task.cancel()
        over = [learner.wire.code for learner in learners if learner.wire.code is not None]
        for wire in (*(learner.wire for learner in learners), *chosen):
            wire.transport.abort()

    gained = [[b - a for a, b in zip(*pair, strict=True)] for pair in zip(before, after, strict=True)]
    epochs, frames, sizes = (list(column) for column in zip(*gained, strict=True))
    return rows(options, elapsed, idle, busy, epochs, frames, sizes, used, resident, over, learners)


def _processor(server: LiveServer, pids: list[int]) -> tuple[float, float, float, float]:
    own = os.times()
    parts = processor_seconds(server.process.pid), processor_seconds(*pids), own.user + own.system
    return *parts, busy_seconds() - sum(parts)


def rows(
    options: argparse.Namespace,
    elapsed: float,
    idle: Times,
    busy: Times,
    epochs: list[int],
    frames: list[int],
    sizes: list[int],
    used: list[float],
    resident: int,
    over: list[int],
    learners: list[Learner],
) -> Iterator[tuple[str, str, str]]:
    """Format the results; the requirements are for sessions at full speed."""
    sessions, speed = options.sessions, options.speed
    health = percentile(busy.health, 0.99)
    yield "/healthz while nothing trains, p50 / p99", both(idle.health), "–"
    yield "the load's own lateness, p50 / p99", both(busy.lag), "–"
    yield "/healthz p50 / p99", both(busy.health), f"p99 in ms {verdict(health * 1e3, at_most=50)}"
    for name, values in busy.control.items():
        shown = f"p99 in ms {verdict(percentile(values, 0.99) * 1e3, at_most=100)}"
        yield f"`{name}` answered, p50 / p99 ({len(values)} times)", both(values), shown
    yield "epochs a second, all sessions", f"{sum(epochs) / elapsed:,.0f}", "–"
    fair = min(epochs) / max(1, max(epochs))
    yield "slowest : fastest session", f"{fair:.2f}", verdict(fair, at_least=0.75)
    rates = [count / elapsed for count in frames]
    yield (
        "frames a second of a session, fewest / mean",
        (f"{min(rates):.1f} / {sum(rates) / sessions:.1f}"),
        verdict(min(rates), at_least=5),
    )
    yield "frames of those asked for", f"{sum(rates) / sessions / FRAME_RATE:.0%}", "–"
    yield "longest wait for a frame", in_time(max(learner.widest_gap for learner in learners)), "–"
    yield "kbit/s of a session, mean", f"{sum(sizes) * 8 / 1000 / elapsed / sessions:,.0f}", "–"
    yield "bytes of a frame, mean", f"{sum(sizes) / max(1, sum(frames)):,.0f}", "–"
    if speed is not None:
        met = [count / elapsed / speed for count in epochs]
        yield "epochs of those asked for, fewest / mean", f"{min(met):.0%} / {sum(met) / sessions:.0%}", "–"
    yield (
        "processors used: server / engines / load / whatever else runs here",
        " / ".join(f"{each:.2f}" for each in used),
        "–",
    )
    yield "memory of the server", f"{resident / 2**20:.0f} MiB", "–"
    yield (
        "sessions lost",
        f"{len(over)}{f' ({sorted(set(over))})' if over else ''}",
        verdict(len(over), at_most=0),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--sessions", type=int, default=30, help="(default: 30)")
    parser.add_argument("--seconds", type=float, default=20, help="how long to measure (default: 20)")
    parser.add_argument("--speed", type=float, help="epochs a second of each (default: as fast as they can)")
    parser.add_argument(
        "--hidden", type=int, nargs="+", default=[4, 2], help="units of the hidden layers (default: 4 2)"
    )
    parser.add_argument("--encoding", help="of the frames, as hello says it (default: plain)")
    options = parser.parse_args(arguments)
    if not (1 <= options.sessions <= MOST_SESSIONS and 1 <= options.seconds <= MOST_SECONDS):
        sys.exit(f"load: sessions are 1 … {MOST_SESSIONS}, seconds 1 … {MOST_SECONDS}")
    speed = "as fast as they can" if options.speed is None else f"at {options.speed:g} epochs a second"
    print(
        f"{options.sessions} sessions, {speed}, {options.seconds:g} s, {FRAME_RATE} frames a second asked for\n"
    )
    print(line(HEADER))
    print(line(["---"] * len(HEADER)), flush=True)
    with live_server() as server:
        for row in asyncio.run(measure(options, server)):
            print(line(row))
        log = server.log.read_text(encoding="utf-8")
    if log:
        print(f"\nThe server wrote:\n{log[-2000:]}")


if __name__ == "__main__":
    main()
