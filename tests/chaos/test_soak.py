"""Twenty people who play for a long time: nothing goes wrong, and memory stays where it was.

``SOAK_SECONDS`` says how long (ten minutes if it says nothing).
"""

import asyncio
import os
import random
import statistics
import time

import pytest

from tests.chaos.conftest import Start, Tell, at_rest, health
from tests.support.processes import descriptors, engine_processes, memory
from tests.support.views import watched
from tests.support.waiting import until
from tests.support.wire import Wire, connect

SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
SESSIONS = 20
WARM_UP = 0.6
"""The part of the time in which memory may rise to its high-water mark, which the busiest moment sets."""

MOST_GROWTH = 12.0
"""Of memory after that, in MiB an hour. What each button or each connection leaves behind shows as a steady slope."""

pytestmark = [pytest.mark.anyio, pytest.mark.soak, pytest.mark.timeout(SECONDS * 2 + 120)]


class Person:
    """One session, and somebody who presses its buttons at random."""

    def __init__(self, url: str, seed: int) -> None:
        self._url = url
        self._random = random.Random(seed)
        self._wire: Wire
        self.pressed = 0
        self.frames = 0
        self.errors: list[str] = []

    async def play(self, until_: float) -> None:
        await self._enter()
        while time.monotonic() < until_:
            await self._press()
            self.pressed += 1
            await asyncio.sleep(self._random.uniform(0.1, 1.5))
        await self._leave()

    async def _enter(self) -> None:
        self._wire = await connect(self._url, on_frame=lambda arrival: None)
        await self._wire.hello(experiment=self._experiment())
        self._wire.send("watch", views=watched(tiles=True))

    async def _leave(self) -> None:
        self.frames += self._wire.frames
        if self._random.random() < 0.5:
            await self._wire.close()
        else:
            self._wire.reset()
            await self._wire.over.wait()

    def _experiment(self) -> dict[str, object]:
        choose = self._random.choice
        # Few shapes, so that what engine processes keep of each is there before memory is looked at.
        hidden = choose(([], [2], [4, 2], [8], [8, 8], [8, 4, 2]))
        return {
            "data": {"dataset": choose(("circle", "xor", "spiral", "gauss"))},
            "network": {"hidden": hidden, "activation": choose(("tanh", "relu", "sigmoid"))},
            "training": {"learning_rate": choose((0.01, 0.03, 0.1)), "batch_size": choose((1, 10, 30))},
        }

    async def _press(self) -> None:
        choose, wire = self._random.choice, self._wire
        match self._random.randrange(12):
            case 0:
                await self._leave()
                await self._enter()
                return
            case 1 | 2:
                answer = await wire.ask(
                    "configure", experiment=self._experiment(), keep=choose((True, False))
                )
            case 3:
                answer = await wire.ask("reset", new_seed=choose((True, False)))
            case 4:
                answer = await wire.ask("pause")
            case 5:
                answer = await wire.ask("step", count=choose((1, 10)), unit=choose(("epoch", "batch")))
            case 6:
                wire.send("set_parameter", layer=0, unit=0, input="bias", value=self._random.uniform(-1, 1))
                return
            case 7:
                views = watched(tiles=choose((True, False)), resolution=choose((20, 100, 200)))
                wire.send("watch", views=views)
                return
            case _:
                answer = await wire.ask("play", epochs_per_second=choose((None, 10, 60)))
        if answer["type"] == "error" and answer["code"] not in ("diverged", "stopped"):
            self.errors.append(f"{answer['code']}: {answer['message']}")


async def test_a_class_that_plays_for_long_leaves_everything_as_it_was(start: Start, tell: Tell) -> None:
    server = start(kept_seconds="20", alone_seconds="5")
    before = await at_rest(server)
    begun = time.monotonic()
    people = [Person(server.socket_url, seed) for seed in range(SESSIONS)]
    samples: list[tuple[float, float, float]] = []

    async def look() -> None:
        while True:
            pid = server.process.pid
            engines = sum(memory(each) for each in engine_processes(pid))
            samples.append((time.monotonic() - begun, memory(pid) / 2**20, engines / 2**20))
            assert await health(server) == 200
            await asyncio.sleep(min(5, SECONDS / 50))

    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look())
        async with asyncio.TaskGroup() as playing:
            for person in people:
                playing.create_task(person.play(begun + SECONDS))
        looking.cancel()

    await until(lambda: descriptors(server.process.pid) == before)
    settled = [sample for sample in samples if sample[0] > WARM_UP * SECONDS]
    times = [each[0] / 3600 for each in settled]
    errors = [error for person in people for error in person.errors]
    tell(
        f"{SESSIONS} people, {SECONDS:g} s: {sum(person.pressed for person in people)} buttons,"
        f" {sum(person.frames for person in people)} frames, {len(errors)} errors"
    )
    slopes = []
    for name, column in (("server", 1), ("engines", 2)):
        slope, _ = statistics.linear_regression(times, [each[column] for each in settled])
        mean = statistics.fmean(each[column] for each in settled)
        slopes.append(slope)
        tell(f"memory of the {name}: {mean:.1f} MiB, slope {slope:+.1f} MiB an hour")
    assert errors == []
    assert max(slopes) < MOST_GROWTH
