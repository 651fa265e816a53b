"""Load test: response times of a real server while many sessions train: ``make load SESSIONS=30``.

Server and load share the machine, so the processor use and the lag of the load are printed as well.
"""

import argparse
import asyncio
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import left, processor
from benchmarks.__main__ import line
from benchmarks.learners import ARRIVALS_PER_SECOND, FRAME_RATE, Learner, enter
from benchmarks.measure import in_time, verdict
from benchmarks.students import HEAVY, SPEED, Student, least_frames
from tests.support.live_server import ROOT, LiveServer, live_server
from tests.support.processes import engine_processes, memory
from tests.support.views import watched
from tests.support.wire import Wire, connect

MOST_SESSIONS, MOST_SECONDS = 500, 600
MOST_SECONDS_LEFT = 120
"""With ``--left``: it is measured three times."""

WARM_UP_SECONDS = 2.0

HEALTH_SECONDS, CONTROL_SECONDS, LAG_SECONDS = 0.04, 0.05, 0.02
"""Intervals of the probes."""
PROBED = 3
"""Number of further sessions whose response to commands is measured; of a class, that of all its sessions is."""

HEADER = ["what", "measured", "needed"]


@dataclass
class Times:
    """Response times of the probes, in seconds."""

    health: list[float] = field(default_factory=list)
    lag: list[float] = field(default_factory=list)
    control: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """What is known after the measurement.

    Attributes:
        idle: response times before any session trains.
        busy: response times under load.
        learners: the sessions of the load.
        gained: epochs, frames and bytes of each of them.
        used: processor time.
        memory: of the server, in bytes.
        over: close codes of the sessions that were lost.
    """

    idle: Times
    busy: Times
    learners: Sequence[Learner]
    gained: Sequence[tuple[int, ...]]
    used: processor.Usage
    memory: int
    over: Sequence[int]


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


async def measure(options: argparse.Namespace, server: LiveServer) -> Measured:
    idle, busy = Times(), Times()
    speed: float | None = options.speed
    experiment: dict[str, object] = {"network": {"hidden": options.hidden}}
    async with asyncio.timeout(60 + options.sessions + options.seconds * 2), asyncio.TaskGroup() as probes:
        baseline = probes.create_task(probe_health(server, idle.health))
        await asyncio.sleep(2)
        baseline.cancel()

        learners: list[Learner] = []
        for number in range(options.sessions):
            learners.append(await _enter(number, options, server, experiment))
            await asyncio.sleep(1 / ARRIVALS_PER_SECOND)
        students = [learner for learner in learners if isinstance(learner, Student)]
        chosen = []
        for _ in range(0 if students else PROBED):
            chosen.append(await connect(server.socket_url))
            await chosen[-1].hello(experiment=experiment)
            await chosen[-1].frame()
        for wire in (*(learner.wire for learner in learners), *chosen):
            wire.send("play", epochs_per_second=speed)
        await asyncio.sleep(WARM_UP_SECONDS)

        pids = engine_processes(server.process.pid)
        used_before = await asyncio.to_thread(processor.usage, server, pids)
        before = [learner.mark() for learner in learners]
        for learner in learners:
            learner.widest_gap = 0
        probing = [
            probes.create_task(probe_health(server, busy.health)),
            probes.create_task(probe_lag(busy.lag)),
            *(probes.create_task(probe_control(wire, speed, busy.control)) for wire in chosen),
            *(
                probes.create_task(one.press_every_second(one.number / len(students), busy.control))
                for one in students
            ),
        ]
        await asyncio.sleep(options.seconds)
        after = [learner.mark() for learner in learners]
        used = (await asyncio.to_thread(processor.usage, server, pids)).since(used_before)
        resident = memory(server.process.pid)
        for task in probing:
            task.cancel()
        over = [learner.wire.code for learner in learners if learner.wire.code is not None]
        for wire in (*(learner.wire for learner in learners), *chosen):
            wire.transport.abort()

    gained = [tuple(b - a for a, b in zip(*pair, strict=True)) for pair in zip(before, after, strict=True)]
    return Measured(idle, busy, learners, gained, used, resident, over)


async def _enter(
    number: int, options: argparse.Namespace, server: LiveServer, experiment: dict[str, object]
) -> Learner:
    """Open a session of the load: a student's if it is that of a class."""
    if not options.with_class:
        learner = Learner()
        await enter(learner, server.socket_url, experiment, options.encoding)
        return learner
    student = Student(number=number, speed=options.speed, units=options.hidden[0])
    await enter(student, server.socket_url, HEAVY if student.is_heavy else experiment, keep=True)
    return student


def rows(options: argparse.Namespace, measured: Measured) -> Iterator[tuple[str, str, str]]:
    """Format the results; the requirements are for sessions at full speed, or for a class."""
    elapsed, busy, used = measured.used.time, measured.busy, measured.used
    epochs, frames, sizes = (list(column) for column in zip(*measured.gained, strict=True))
    health = percentile(busy.health, 0.99)
    yield "/healthz while nothing trains, p50 / p99", both(measured.idle.health), "–"
    yield "the load's own lateness, p50 / p99", both(busy.lag), "–"
    yield "/healthz p50 / p99", both(busy.health), f"p99 in ms {verdict(health * 1e3, at_most=50)}"
    for name, values in sorted(busy.control.items()):
        shown = f"p99 in ms {verdict(percentile(values, 0.99) * 1e3, at_most=100)}"
        yield f"`{name}` answered, p50 / p99 ({len(values)} times)", both(values), shown
    yield "epochs a second, all sessions", f"{sum(epochs) / elapsed:,.0f}", "–"
    if options.with_class:
        yield from _rows_of_groups(options, measured)
    else:
        fair = min(epochs) / max(1, max(epochs))
        yield "slowest : fastest session", f"{fair:.2f}", verdict(fair, at_least=0.75)
        rates = [count / elapsed for count in frames]
        shown = verdict(min(rates), at_least=5)
        yield "frames a second of a session, fewest / mean", _fewest_and_mean(rates, ".1f"), shown
        if options.speed is not None:
            met = [count / elapsed / options.speed for count in epochs]
            yield "epochs of those asked for, fewest / mean", _fewest_and_mean(met, ".0%"), "–"
    yield "frames of those asked for", f"{sum(frames) / len(frames) / elapsed / FRAME_RATE:.0%}", "–"
    yield "longest wait for a frame", in_time(max(each.widest_gap for each in measured.learners)), "–"
    yield "kbit/s of a session, mean", f"{sum(sizes) * 8 / 1000 / elapsed / len(sizes):,.0f}", "–"
    yield "bytes of a frame, mean", f"{sum(sizes) / max(1, sum(frames)):,.0f}", "–"
    others = used.busy - used.server - used.engines - used.load
    yield (
        "processors used: server / engines / load / whatever else runs here",
        " / ".join(f"{each / elapsed:.2f}" for each in (used.server, used.engines, used.load, others)),
        "–",
    )
    yield from processor.rows(used)
    yield "memory of the server", f"{measured.memory / 2**20:.0f} MiB", "–"
    over = measured.over
    yield (
        "sessions lost",
        f"{len(over)}{f' ({sorted(set(over))})' if over else ''}",
        verdict(len(over), at_most=0),
    )


def _rows_of_groups(options: argparse.Namespace, measured: Measured) -> Iterator[tuple[str, str, str]]:
    """Format the frames and epochs of a class, of its light and of its heavy sessions."""
    everybody = [
        (isinstance(learner, Student) and learner.is_heavy, epochs, frames)
        for learner, (epochs, frames, _) in zip(measured.learners, measured.gained, strict=True)
    ]
    for name, kinds in (("a session", (False, True)), ("a light one", (False,)), ("a heavy one", (True,))):
        group = [each for each in everybody if each[0] in kinds]
        if not group:
            continue
        rates = [frames / measured.used.time for _, _, frames in group]
        least = least_frames(options.sessions) if len(kinds) == 2 and options.speed == SPEED else None
        shown = "–" if least is None else f"mean {verdict(sum(rates) / len(rates), at_least=least)}"
        yield f"frames a second of {name}, fewest / mean", _fewest_and_mean(rates, ".1f"), shown
        met = [epochs / measured.used.time / options.speed for _, epochs, _ in group]
        yield f"epochs of those asked for of {name}, fewest / mean", _fewest_and_mean(met, ".0%"), "–"


def _fewest_and_mean(values: Sequence[float], digits: str) -> str:
    return f"{min(values):{digits}} / {sum(values) / len(values):{digits}}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--sessions", type=int, default=30, help="(default: 30)")
    parser.add_argument("--seconds", type=float, default=20, help="how long to measure (default: 20)")
    parser.add_argument(
        "--speed",
        type=float,
        help=f"epochs a second of each (default: as fast as they can; of a class: {SPEED:g})",
    )
    parser.add_argument(
        "--hidden", type=int, nargs="+", default=[4, 2], help="units of the hidden layers (default: 4 2)"
    )
    parser.add_argument("--encoding", help="of the frames, as hello says it (default: plain)")
    parser.add_argument(
        "--checkout",
        type=Path,
        default=ROOT,
        help="the checkout whose server is measured (default: this one)",
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--class",
        action="store_true",
        dest="with_class",
        help="something is pressed in every session once a second, and every fourth is heavy:"
        " 32-32-16 units, 1,000 samples",
    )
    kind.add_argument(
        "--left",
        type=int,
        metavar="N",
        help="instead, the epochs of one session while N others train on that have just been left without a goodbye",
    )
    options = parser.parse_args(arguments)
    if not (1 <= options.sessions <= MOST_SESSIONS and 1 <= options.seconds <= MOST_SECONDS):
        sys.exit(f"load: sessions are 1 … {MOST_SESSIONS}, seconds 1 … {MOST_SECONDS}")
    if options.left is not None and not (
        1 <= options.left <= MOST_SESSIONS and options.seconds <= MOST_SECONDS_LEFT
    ):
        sys.exit(f"load: sessions left are 1 … {MOST_SESSIONS}, for at most {MOST_SECONDS_LEFT} seconds")
    if options.with_class and options.encoding not in (None, "plain"):
        sys.exit("load: the frames of a class are plain, as it looks for what they show")
    if options.with_class and options.speed is None:
        options.speed = SPEED
    speed = "as fast as they can" if options.speed is None else f"at {options.speed:g} epochs a second"
    who = f"{options.sessions} sessions" if options.left is None else f"1 session and {options.left} left"
    print(f"{who}, {speed}, {options.seconds:g} s, {FRAME_RATE} frames a second asked for\n")
    print(line(HEADER))
    print(line(["---"] * len(HEADER)), flush=True)
    if options.left is None:
        with live_server("--metrics-port", "0", cwd=options.checkout) as server:
            table = list(rows(options, asyncio.run(measure(options, server))))
            log = server.log.read_text(encoding="utf-8")
    else:
        with live_server(cwd=options.checkout, environment=left.environment(options.seconds)) as server:
            table = list(asyncio.run(left.measure(server, options.left, options.seconds, options.speed)))
            log = server.log.read_text(encoding="utf-8")
    for row in table:
        print(line(row))
    if log:
        print(f"\nThe server wrote:\n{log[-2000:]}")


if __name__ == "__main__":
    main()
