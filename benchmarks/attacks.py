"""Attacks: how much attacks on a server slow down a class that trains on it: ``make attacks``.

Each attack runs in a separate process at the lowest priority, from another address than the class.
"""

import argparse
import asyncio
import contextlib
import math
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from benchmarks.__main__ import line
from benchmarks.learners import Learner
from benchmarks.load import Times, percentile, probe_control, probe_health
from benchmarks.measure import in_time
from tests.support.attacks import ATTACKS
from tests.support.live_server import LiveServer, live_server
from tests.support.processes import engine_processes, memory
from tests.support.views import watched
from tests.support.wire import connect

CLASS, SPEED = 30, 5
"""Number of learners, each with its own address, and their epochs per second."""

SECONDS = 8.0
"""Duration of the measurement without an attack, and with it."""

BEGIN_SECONDS = 1.0
"""Time until an attack is under way."""

MOST_HEALTH, MOST_COMMAND, LEAST_EPOCHS = 0.05, 0.1, 0.8
"""Requirements: p99 of /healthz and of commands in seconds, and the fraction of its epochs that the class keeps."""

USUAL_LIMIT = (
    sys.executable,
    "-c",
    "import resource, runpy; _, hard = resource.getrlimit(resource.RLIMIT_NOFILE);"
    " resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard));"
    " runpy.run_module('server', run_name='__main__', alter_sys=True)",
)
"""Command of a server with the usual limit of open files."""

HEADER = ["attack", "/healthz p50 / p99", "commands p50 / p99", "epochs kept", "places kept", "memory", "met"]


@dataclass
class Measured:
    """Measurements of the class in one period."""

    health: list[float]
    commands: list[float]
    epochs: float
    lost: int
    memory: int


@dataclass
class School:
    """A class that trains, and one more session that measures the response to commands."""

    server: LiveServer
    learners: list[Learner] = field(default_factory=list)

    async def enter(self) -> None:
        for number in range(CLASS + 1):
            learner = Learner()
            source = f"127.0.1.{number + 1}"
            learner.wire = await connect(self.server.socket_url, source=source, on_frame=learner.see)
            await learner.wire.hello(client=source)
            learner.wire.send("watch", views=watched(tiles=True), frame_rate=5)
            self.learners.append(learner)
        for learner in self.learners[:CLASS]:
            learner.wire.send("play", epochs_per_second=SPEED)
        # The frames of the last session are awaited, not counted.
        self.learners[CLASS].wire._on_frame = None

    async def measure(self) -> Measured:
        times = Times()
        presser = self.learners[CLASS].wire
        before = [learner.epochs for learner in self.learners[:CLASS]]
        start = time.perf_counter()
        probing = [
            asyncio.create_task(probe_health(self.server, times.health)),
            asyncio.create_task(probe_control(presser, SPEED, times.control)),
        ]
        await asyncio.sleep(SECONDS)
        seconds = time.perf_counter() - start
        after = [learner.epochs for learner in self.learners[:CLASS]]
        for task in probing:
            task.cancel()
        for ended in await asyncio.gather(*probing, return_exceptions=True):
            if not isinstance(ended, asyncio.CancelledError):
                print(f"a probe ended: {str(ended)[:80]}", file=sys.stderr)
                times.health.append(math.inf)
        commands = [each for values in times.control.values() for each in values]
        return Measured(
            times.health or [math.inf],  # no request was answered
            commands or [math.inf],
            (sum(after) - sum(before)) / seconds,
            sum(learner.wire.code is not None for learner in self.learners),
            memory(self.server.process.pid),
        )


@contextlib.asynccontextmanager
async def attacked(server: LiveServer, names: Sequence[str]) -> AsyncIterator[None]:
    """Run several attacks on a server at once."""
    arguments = [server.socket_url, str(4 * SECONDS)]
    attackers = [
        await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.support.attacks", name, *arguments)
        for name in names
    ]
    try:
        await asyncio.sleep(BEGIN_SECONDS)
        if any(attacker.returncode is not None for attacker in attackers):
            raise RuntimeError(f"{names} ended by themselves")
        yield
    finally:
        for attacker in attackers:
            with contextlib.suppress(ProcessLookupError):
                attacker.kill()
            await attacker.wait()


async def kill_workers(server: LiveServer) -> None:
    """Kill an engine process each second."""
    while True:
        await asyncio.sleep(1)
        for pid in engine_processes(server.process.pid)[:1]:
            os.kill(pid, signal.SIGKILL)


async def measure(names: Sequence[str], *, kills: bool) -> tuple[str, bool]:
    """Measure a class before and during attacks at the same time; return a row, and whether all is met."""
    with live_server(command=USUAL_LIMIT) as server:
        school = School(server)
        await school.enter()
        await asyncio.sleep(1)
        before = await school.measure()
        async with attacked(server, names), asyncio.TaskGroup() as group:
            killing = [group.create_task(kill_workers(server))] if kills else []
            during = await school.measure()
            for task in killing:
                task.cancel()
        for learner in school.learners:
            learner.wire.transport.abort()
    kept = during.epochs / before.epochs
    health, commands = percentile(during.health, 0.99), percentile(during.commands, 0.99)
    met = health < MOST_HEALTH and commands < MOST_COMMAND and kept >= LEAST_EPOCHS and not during.lost
    cells = [
        " + ".join(names) + (" + kills" if kills else ""),
        f"{in_time(percentile(during.health, 0.5))} / {in_time(health)}",
        f"{in_time(percentile(during.commands, 0.5))} / {in_time(commands)}",
        f"{kept:.0%}",
        f"{CLASS + 1 - during.lost} of {CLASS + 1}",
        f"{(during.memory - before.memory) / 2**20:+.1f} MiB",
        "yes" if met else "no",
    ]
    return line(cells), met


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attacks", description=__doc__)
    parser.add_argument("attack", nargs="*", help=f"some of {', '.join(ATTACKS)} (default: all)")
    parser.add_argument("--pairs", action="store_true", help="each attack together with the next one")
    parser.add_argument(
        "--kills", action="store_true", help="an engine process is killed each second meanwhile"
    )
    options = parser.parse_args(arguments)
    names = options.attack or list(ATTACKS)
    if unknown := set(names) - set(ATTACKS):
        sys.exit(f"attacks: there is no {', '.join(sorted(unknown))}; there are {', '.join(ATTACKS)}")
    print(line(HEADER))
    print(line(["---"] * len(HEADER)), flush=True)
    together = (
        list(zip(names, [*names[1:], names[0]], strict=True)) if options.pairs else [(n,) for n in names]
    )
    met = []
    for some in together:
        row, good = asyncio.run(measure(some, kills=options.kills))
        print(row, flush=True)
        met.append(good)
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
