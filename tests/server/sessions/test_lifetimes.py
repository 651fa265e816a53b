"""How long sessions train and live, by a clock that is turned by hand; no server needed."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from server.compute import Scheduler, open_compute
from server.i18n import ENGLISH, bundled
from server.protocol.close_codes import AGE, IDLE
from server.protocol.commands import Hello
from server.protocol.events import Closing
from server.protocol.parsing import parse
from server.security.signing_keys import load_keys
from server.sessions.manager import AdmissionRefused, SessionManager
from server.sessions.runner import ClientInfo
from server.settings import Settings
from server.telemetry.metrics import Metrics
from tests.support.calls import answer
from tests.support.frames import decode_one
from tests.support.messages import text
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


class Visitor:
    """A client without a socket, which reads what its runner has for it."""

    def __init__(self, place: "Place", **hello: Any) -> None:
        self.place = place
        self.events: list[dict[str, Any]] = []
        self.epochs: list[int] = []
        self.closing: Closing | None = None
        message = parse(text("hello", protocol=2, **hello))
        assert isinstance(message, Hello)
        self.runner, self.viewer = place.manager.connect(message, self, bundled()[ENGLISH], ClientInfo())

    def dismiss(self, closing: Closing) -> None:
        self.closing = closing

    def say(self, type_: str, **fields: Any) -> None:
        command = parse(text(type_, **fields))
        assert not isinstance(command, Hello)
        self.runner.receive(self.viewer, command)

    def read(self) -> None:
        """Read all that there is, acknowledge frames, and let a little time pass, so that more are due."""
        while (message := self.viewer.outbox.take()) is not None:
            if isinstance(message, str):
                self.events.append(json.loads(message))
            else:
                self.runner.frame_sent()
                metadata, tensors = decode_one(message)
                self.epochs += tensors["losses/epochs"].tolist()
                self.say("ack", frame=int(metadata["frame"]))
        self.place.now += 0.001

    def event(self, type_: str, reason: str | None = None) -> dict[str, Any] | None:
        self.read()
        found = [
            event for event in self.events if event["type"] == type_ and reason in (None, event.get("reason"))
        ]
        return found[-1] if found else None

    async def wait(self, condition: Callable[[], Any]) -> Any:
        def holds() -> bool:
            self.read()
            return bool(condition())

        await until(holds)
        return condition()

    def leave(self) -> None:
        self.place.manager.disconnect(self.runner, self.viewer)


@dataclass
class Place:
    """Where sessions live."""

    compute: Scheduler
    now: float = 1000.0
    manager: SessionManager = field(init=False)

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        self.manager.check()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    settings = Settings(
        max_sessions=1, alone_seconds=30, kept_seconds=120, rest_seconds=600, idle_seconds=1800
    )
    compute = open_compute("inline", workers=1, memory=1 << 30, longest=0.005)
    await compute.start()
    place = Place(compute)
    place.manager = SessionManager(
        settings,
        compute,
        load_keys((), tmp_path),
        bundled(),
        Metrics(),
        page_revision="",
        clock=lambda: place.now,
    )
    yield place
    await place.manager.close()
    await compute.close()


async def test_training_goes_on_for_a_while_without_anybody_then_waits_and_says_so(place: Place) -> None:
    before = Visitor(place)
    before.say("play")
    token = (await before.wait(lambda: before.event("checkpoint")))["token"]
    await before.wait(lambda: len(before.epochs) > 3)
    before.leave()
    session = before.runner.session

    place.pass_(29)
    run = session.settled_run
    assert run is not None
    await until(lambda: session.settled_run is not None and session.settled_run.epoch > run.epoch)
    place.pass_(31)
    await until(lambda: place.compute.stats.in_flight == 0)
    done = place.compute.stats.done
    for _ in range(20):  # a slice that is due would be computed in between
        await place.compute.run(answer)
    assert place.compute.stats.done == done + 20
    after = Visitor(place, resume=token)
    await after.wait(lambda: after.event("welcome"))
    welcome = after.event("welcome")
    assert welcome is not None
    after.say("pause", id="pause")
    state = await after.wait(lambda: after.event("state", "paused"))
    await after.wait(lambda: after.epochs and after.epochs[-1] == state["epoch"])

    assert welcome["recovered"] is True
    assert welcome["waited"] == pytest.approx(30, abs=0.1)
    assert welcome["runs"][0]["state"]["playing"] is True
    assert welcome["runs"][0]["state"]["epoch"] > before.epochs[-1]
    assert sorted({*before.epochs, *after.epochs}) == list(range(state["epoch"] + 1))


async def test_a_session_that_nobody_is_connected_to_makes_room_after_the_promised_time_only(
    place: Place,
) -> None:
    before = Visitor(place)
    token = (await before.wait(lambda: before.event("checkpoint")))["token"]
    before.leave()

    place.pass_(119)
    with pytest.raises(AdmissionRefused) as refused:
        Visitor(place)
    back = Visitor(place, resume=token)
    assert (await back.wait(lambda: back.event("welcome")))["recovered"] is True
    back.leave()
    place.pass_(121)
    Visitor(place)

    assert refused.value.closing.reason == "full"


async def test_after_its_time_a_session_is_rebuilt_from_the_token(place: Place) -> None:
    before = Visitor(place)
    before.say("step", count=4)
    checkpoint = await before.wait(
        lambda: (last := before.event("checkpoint")) and last["epoch"] == 4 and last
    )
    before.leave()
    place.pass_(121)

    after = Visitor(place, resume=checkpoint["token"])
    welcome = await after.wait(lambda: after.event("welcome"))

    assert (welcome["recovered"], welcome["runs"][0]["state"]["epoch"]) == (False, 4)


async def test_training_rests_when_nobody_does_anything_and_goes_on_with_one_click(place: Place) -> None:
    visitor = Visitor(place)
    visitor.say("play")
    await visitor.wait(lambda: len(visitor.epochs) > 3)

    place.pass_(601)
    state = await visitor.wait(lambda: visitor.event("state", "idle"))
    visitor.say("play")

    assert state["playing"] is False
    await visitor.wait(lambda: visitor.epochs[-1] > state["epoch"] + 1)


@pytest.mark.parametrize(("seconds", "closing"), [(1801, IDLE), (50_000, AGE)], ids=["idle", "age"])
async def test_a_session_is_freed_after_its_time_and_goes_on_from_its_token(
    place: Place, seconds: float, closing: Closing
) -> None:
    visitor = Visitor(place)
    visitor.say("step", count=4)
    checkpoint = await visitor.wait(
        lambda: (last := visitor.event("checkpoint")) and last["epoch"] == 4 and last
    )

    place.pass_(seconds)
    again = Visitor(place, resume=checkpoint["token"])
    welcome = await again.wait(lambda: again.event("welcome"))

    assert visitor.closing == closing
    assert (welcome["recovered"], welcome["runs"][0]["state"]["epoch"]) == (False, 4)
