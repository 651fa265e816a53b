"""A runner and its viewers: who gets what, and what it costs. On a thread, by a clock that is turned by hand."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Experiment
from server.compute import PreparedCall, Scheduler
from server.compute.thread import ThreadBackend
from server.i18n import ENGLISH, bundled
from server.protocol.close_codes import TAKEN_OVER
from server.protocol.commands import Hello
from server.protocol.events import Closing
from server.protocol.frames import LOSS_TENSORS
from server.protocol.parsing import parse
from server.protocol.views import ViewRequest
from server.security.signing_keys import load_keys
from server.sessions.expiry import Expiry, Timeouts
from server.sessions.outbox import MAX_EPOCHS
from server.sessions.resume.checkpointer import Checkpointer
from server.sessions.runner import ClientInfo, SessionRunner
from server.sessions.session import Session
from server.sessions.slices import Slice, run_slice
from server.sessions.viewer import Role, Viewer
from server.telemetry.metrics import Metrics
from tests.support.calls import answer, wait_for
from tests.support.desk import LIMITS
from tests.support.frames import decode_one
from tests.support.messages import text
from tests.support.resuming import claim_of
from tests.support.views import requested, watched
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


class Recorder(Scheduler):
    """A scheduler with one thread that keeps the slices which it has computed."""

    def __init__(self) -> None:
        super().__init__(ThreadBackend(longest=0.005))
        self.slices: list[Slice] = []
        self.withdraws = 0  # slices whose worker is to die
        self.order: list[Hashable] = []  # owners, as they got the worker

    async def run_next(self, prepare: Callable[[], PreparedCall | None], **options: Any) -> Any:
        def recorded() -> PreparedCall | None:
            call = prepare()
            if self.withdraws and call is not None and call.function is run_slice:
                self.slices.append(call.arguments[0])
                self.withdraws -= 1
                call.withdraw()  # as if the worker had died
                call = prepare()
            self.order.append(options.get("owner"))
            if call is not None and call.function is run_slice:
                self.slices.append(call.arguments[0])
            return call

        return await super().run_next(recorded, **options)

    @property
    def pictures(self) -> Counter[ViewRequest]:
        """How often each view was drawn."""
        return Counter(view for work in self.slices for view in work.views)


class Onlooker:
    """A client without a socket, which reads and acknowledges what its viewer has for it."""

    def __init__(self, stage: "Stage", role: Role, language: str) -> None:
        self.stage = stage
        self.events: list[dict[str, Any]] = []
        self.frames: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.closing: Closing | None = None
        self.viewer = Viewer(
            self,
            bundled()[language],
            role=role,
            window=2,
            encoding="plain",
            checkpointer=stage.checkpointer if role is Role.OWNER else None,
            clock=stage.clock,
        )
        stage.runner.attach(self.viewer, TAKEN_OVER)

    def dismiss(self, closing: Closing) -> None:
        self.closing = closing

    def say(self, type_: str, **fields: Any) -> None:
        command = parse(text(type_, **fields))
        assert not isinstance(command, Hello)
        self.stage.runner.receive(self.viewer, command)

    def read(self, *, acknowledge: bool = True) -> None:
        while (message := self.viewer.outbox.take()) is not None:
            if isinstance(message, str):
                self.events.append(json.loads(message))
                continue
            self.stage.runner.frame_sent()
            self.frames.append(decode_one(message))
            if acknowledge:
                self.say("ack", frame=int(self.frames[-1][0]["frame"]))

    @property
    def shown(self) -> int | None:
        """Epoch of the last frame."""
        return int(self.frames[-1][0]["epoch"]) if self.frames else None

    @property
    def epochs(self) -> list[int]:
        return [epoch for _, tensors in self.frames for epoch in tensors["losses/epochs"].tolist()]

    def event(self, type_: str) -> dict[str, Any] | None:
        self.read()
        return next((event for event in reversed(self.events) if event["type"] == type_), None)


class Stage:
    """One runner, and all that look at it."""

    def __init__(self, compute: Recorder, folder: Path) -> None:
        self.now = 1000.0
        self.compute = compute
        self.checkpointer = Checkpointer(load_keys((), folder), interval=2, wall_clock=self.clock)
        self.runner = SessionRunner(
            Session(LIMITS, lambda: 4711, Experiment()),
            compute,
            self.checkpointer,
            Expiry(Timeouts(30, 120, 600, 1800, 40_000), self.now),
            client=ClientInfo(),
            metrics=Metrics(),
            clock=self.clock,
        )
        self.clients: list[Onlooker] = []
        self._started = False

    def clock(self) -> float:
        return self.now

    def enter(self, role: Role = Role.OBSERVER, language: str = ENGLISH) -> Onlooker:
        self.clients.append(Onlooker(self, role, language))
        if not self._started:
            self.runner.start()
            self._started = True
        return self.clients[-1]

    async def wait(self, condition: Callable[[], bool], *readers: Onlooker) -> None:
        """Let time pass, while all clients read, until something holds."""

        def holds() -> bool:
            for client in readers or self.clients:
                client.read()
            self.now += 0.007
            return condition()

        async with asyncio.timeout(50):
            while not holds():  # noqa: ASYNC110 - time passes only here
                await asyncio.sleep(0)

    async def pause(self, owner: Onlooker) -> int:
        """Pause, wait until all clients have seen the last state, and return its epoch."""
        owner.say("pause", id="last")
        await self.wait(lambda: any(event["id"] == "last" for event in owner.events))
        epoch = next(event["epoch"] for event in owner.events if event["id"] == "last")
        await self.wait(lambda: all(client.shown == epoch for client in self.clients))
        return int(epoch)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    compute = Recorder()
    await compute.start()
    stage = Stage(compute, tmp_path)
    yield stage
    await stage.runner.close()
    await compute.close()


async def occupied(stage: Stage, folder: Path) -> tuple["asyncio.Task[int]", Path]:
    """Keep the worker busy until the returned file is there."""
    begun, go_on = folder / "begun", folder / "go-on"
    busy = asyncio.create_task(stage.compute.run(wait_for, begun, go_on))
    await until(begun.exists)
    return busy, go_on


async def test_thirty_viewers_that_look_at_the_same_cost_one_picture_each_time(stage: Stage) -> None:
    owner = stage.enter(Role.OWNER)
    for _ in range(29):
        stage.enter()
        stage.now += 0.003  # so that their frames are not due at the same time to begin with
    for client in stage.clients:
        client.say("watch", views=watched(tiles=True), frame_rate=20)
    await stage.wait(lambda: all(client.frames for client in stage.clients))
    owner.say("play")
    await stage.wait(lambda: all(len(client.frames) >= 10 for client in stage.clients))

    epoch = await stage.pause(owner)

    assert all(client.epochs == list(range(epoch + 1)) for client in stage.clients)
    most = max(len(client.frames) for client in stage.clients)
    assert set(stage.compute.pictures) == {*requested(tiles=True)}
    assert all(count <= most + 2 for count in stage.compute.pictures.values())


async def test_two_views_are_two_pictures_however_many_look_at_each(stage: Stage) -> None:
    owner = stage.enter(Role.OWNER)
    for _ in range(9):
        stage.enter()
    for number, client in enumerate(stage.clients):
        client.say("watch", views=watched(resolution=30 if number % 2 else 50))
    owner.say("play")
    await stage.wait(lambda: all(len(client.frames) >= 10 for client in stage.clients))

    epoch = await stage.pause(owner)

    for number, client in enumerate(stage.clients):
        assert client.epochs == list(range(epoch + 1))
        assert client.frames[-1][1]["map/values"].shape == ((30, 30) if number % 2 else (50, 50))
    most = max(len(client.frames) for client in stage.clients)
    drawn = stage.compute.pictures
    assert {view for view in drawn if drawn[view] > 1} == {
        *requested(resolution=30),
        *requested(resolution=50),
    }
    assert all(count <= most + 2 for count in drawn.values())  # scores and parameters are the same for all


async def test_who_comes_later_gets_the_points_and_nobody_else_gets_them_again(stage: Stage) -> None:
    owner = stage.enter(Role.OWNER)
    await stage.wait(lambda: bool(owner.frames))
    late = stage.enter()
    await stage.wait(lambda: bool(late.frames))
    owner.say("step")

    await stage.wait(lambda: owner.epochs[-1] == 1 and late.epochs[-1:] == [1])

    assert ["points/train" in tensors for _, tensors in owner.frames].count(True) == 1
    assert ["points/train" in tensors for _, tensors in late.frames].count(True) == 1


async def test_a_command_reaches_the_slice_for_which_its_session_waits(stage: Stage, tmp_path: Path) -> None:
    owner = stage.enter(Role.OWNER)
    await stage.wait(lambda: bool(owner.frames))
    busy, go_on = await occupied(stage, tmp_path)
    before = len(stage.compute.slices)
    stage.now += 1  # so that a frame is due
    owner.say("set_parameter", layer=0, unit=0, input="bias", value=7)
    await until(lambda: stage.compute.stats.waiting == 1)

    owner.say("set_parameter", layer=0, unit=1, input="bias", value=8)
    go_on.touch()
    await busy
    await stage.wait(lambda: len(owner.frames) > 1)

    assert len(stage.compute.slices) == before + 1
    parameters = owner.frames[-1][1]["parameters/values"]
    assert (parameters[2], parameters[5]) == (7, 8)


async def test_a_pause_is_answered_and_in_the_token_while_the_session_waits_for_a_worker(
    stage: Stage, tmp_path: Path
) -> None:
    owner = stage.enter(Role.OWNER)
    await stage.wait(lambda: bool(owner.frames))
    busy, go_on = await occupied(stage, tmp_path)
    before = len(stage.compute.slices)
    stage.now += 1  # so that a token may come
    owner.say("play")
    await until(lambda: stage.compute.stats.waiting == 1)

    stage.now += 1
    owner.say("pause")
    state = owner.event("state")
    checkpoint = owner.event("checkpoint")
    go_on.touch()
    await busy
    await until(lambda: stage.compute.stats.in_flight == 0)

    assert state is not None
    assert (state["reason"], state["epoch"]) == ("paused", 0)
    assert checkpoint is not None
    assert claim_of(checkpoint["token"], tmp_path).playing is False
    assert len(stage.compute.slices) == before


async def test_a_command_moves_its_session_forward_in_the_queue(stage: Stage, tmp_path: Path) -> None:
    owner = stage.enter(Role.OWNER)
    await stage.wait(lambda: bool(owner.frames) and not owner.viewer.schedule.stale)
    busy, go_on = await occupied(stage, tmp_path)
    others = [asyncio.create_task(stage.compute.run(answer, owner=number)) for number in range(5)]
    await until(lambda: stage.compute.stats.waiting == 5)
    stage.enter()  # needs a frame, which answers no command
    await until(lambda: stage.compute.stats.waiting == 6)
    stage.compute.order.clear()

    owner.say("set_parameter", layer=0, unit=0, input="bias", value=7)
    go_on.touch()
    await asyncio.gather(busy, *others)

    assert stage.compute.order[0] == ClientInfo().person


async def test_a_command_is_followed_by_a_frame_at_once_as_often_as_is_fair(stage: Stage) -> None:
    owner = stage.enter(Role.OWNER)
    await stage.wait(lambda: bool(owner.frames) and not owner.viewer.schedule.stale)

    stage.now += 60
    answered_at_once = 0
    for value in range(30):  # in the same instant
        owner.say("set_parameter", layer=0, unit=0, input="bias", value=value)
        answered_at_once += owner.viewer.schedule.seconds_until_due(stage.now) <= 0
        await until(lambda: not stage.runner.session.has_changes and not stage.compute.stats.in_flight)
        owner.read()

    assert answered_at_once == 20


async def test_a_session_without_a_connection_waits_in_the_background_until_it_has_one(
    stage: Stage, tmp_path: Path
) -> None:
    owner = stage.enter(Role.OWNER)
    await stage.wait(lambda: bool(owner.frames))
    owner.say("play")
    stage.runner.detach(owner.viewer)
    stage.clients.clear()
    busy, go_on = await occupied(stage, tmp_path)
    others = [asyncio.create_task(stage.compute.run(answer, owner=number)) for number in range(5)]
    await until(lambda: stage.compute.stats.waiting == 6)
    stage.compute.order.clear()

    stage.enter(Role.OWNER)
    go_on.touch()
    await asyncio.gather(busy, *others)

    assert stage.compute.order[0] == ClientInfo().person


async def test_the_next_owner_takes_over_with_the_losses_that_were_not_acknowledged(stage: Stage) -> None:
    first = stage.enter(Role.OWNER)
    observer = stage.enter()
    await stage.wait(lambda: bool(first.frames))
    first.say("play")
    await stage.wait(lambda: len(first.epochs) > 5)
    acknowledged = len(first.epochs)

    def lost() -> bool:
        first.read(acknowledge=False)
        return len(first.epochs) > acknowledged

    await stage.wait(lost, observer)

    second = stage.enter(Role.OWNER)
    stage.clients.remove(first)
    epoch = await stage.pause(second)

    assert first.closing == TAKEN_OVER
    assert not first.viewer.is_connected
    assert second.epochs == list(range(acknowledged, epoch + 1))
    assert observer.closing is None
    assert observer.epochs == list(range(epoch + 1))


async def test_losses_are_kept_for_an_owner_that_has_left_and_not_for_an_observer(stage: Stage) -> None:
    owner, observer = stage.enter(Role.OWNER), stage.enter()
    await stage.wait(lambda: bool(owner.frames and observer.frames))
    owner.say("play")
    seen = len(owner.epochs)
    for client in (owner, observer):
        stage.runner.detach(client.viewer)
    stage.clients.clear()

    assert stage.runner.viewers == [owner.viewer]
    assert not stage.runner.is_connected
    await until(lambda: stage.runner.session.state.epoch > 5)
    again = stage.enter(Role.OWNER)
    epoch = await stage.pause(again)

    assert again.epochs == list(range(seen, epoch + 1))


async def test_training_waits_for_an_owner_that_reads_nothing_and_for_no_observer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.sessions.outbox.MAX_EPOCHS", 20)
    owner, observer = stage.enter(Role.OWNER), stage.enter()
    await stage.wait(lambda: bool(owner.frames and observer.frames))
    owner.say("play", epochs_per_second=100)
    await stage.wait(lambda: len(owner.epochs) > 120, owner)  # the observer reads nothing
    waiting = sum(part.shape[1] for part in observer.viewer.outbox._losses["losses/epochs"])

    await stage.wait(lambda: owner.viewer.holds_up_training, observer)
    epoch = stage.runner.session.state.epoch
    done = stage.compute.stats.done
    for _ in range(100):
        stage.now += 0.1
        await asyncio.sleep(0)

    assert waiting < 60  # the limit, and what one slice may have trained
    assert (stage.runner.session.state.epoch, stage.compute.stats.done) == (epoch, done)


async def test_what_changes_is_told_to_all_and_a_refusal_to_the_one_that_is_refused(stage: Stage) -> None:
    owner, observer = stage.enter(Role.OWNER), stage.enter()
    await stage.wait(lambda: bool(owner.frames and observer.frames))

    owner.say("configure", experiment={"training": {"learning_rate": 0.3}}, id=1)
    owner.say("set_parameter", layer=9, unit=0, input="bias", value=7, id=2)

    for client, id_ in ((owner, 1), (observer, None)):
        configured = client.event("configured")
        assert configured is not None
        assert (configured["id"], configured["changed"]) == (id_, ["training.learning_rate"])
    refused = owner.event("error")
    assert refused is not None
    assert (refused["id"], refused["field"]) == (2, "layer")
    assert observer.event("error") is None


async def test_each_viewer_reads_events_in_its_language(stage: Stage) -> None:
    languages = list(bundled())
    assert len(languages) > 1
    clients = [stage.enter(language=language) for language in languages]

    stage.runner.announce_outage(True)

    events = [client.event("waiting") for client in clients]
    assert len({event["message"] for event in events if event is not None}) == len(languages)


async def test_resume_tokens_are_for_the_owner_only(stage: Stage) -> None:
    owner, observer = stage.enter(Role.OWNER), stage.enter()

    await stage.wait(lambda: owner.event("checkpoint") is not None)

    assert observer.event("checkpoint") is None


async def test_an_owner_who_returns_to_as_many_losses_as_can_wait_gets_them_and_goes_on(
    stage: Stage, tmp_path: Path
) -> None:
    first = stage.enter(Role.OWNER)
    await stage.wait(lambda: bool(first.frames))
    first.say("play")
    await stage.wait(lambda: len(first.epochs) > 3)
    busy, go_on = await occupied(stage, tmp_path)
    await until(lambda: stage.compute.stats.waiting == 1)
    stage.runner.detach(first.viewer)
    stage.clients.remove(first)
    epoch = stage.runner.session.state.epoch
    waiting = np.arange(epoch + 1, epoch + 1 + MAX_EPOCHS)[None]
    first.viewer.outbox.put(
        stage.runner.session.state.metadata,
        {name: waiting.astype(np.uint32 if name == LOSS_TENSORS[0] else np.float64) for name in LOSS_TENSORS},
        due=False,
    )
    assert first.viewer.holds_up_training

    second = stage.enter(Role.OWNER)
    before = len(stage.compute.slices)
    go_on.touch()
    await stage.wait(lambda: len(stage.compute.slices) > before + 3)
    await busy

    assert len(second.epochs) >= MAX_EPOCHS


async def test_a_slice_whose_worker_died_is_prepared_anew_with_the_commands_since(stage: Stage) -> None:
    owner = stage.enter(Role.OWNER)
    await stage.wait(lambda: bool(owner.frames))
    stage.compute.withdraws = 1
    stage.now += 1
    owner.say("set_parameter", layer=0, unit=0, input="bias", value=7)
    owner.say("play")
    await stage.wait(lambda: stage.compute.withdraws == 0)

    epoch = await stage.pause(owner)

    assert owner.epochs == list(range(epoch + 1))
    assert [work.edits for work in stage.compute.slices if work.edits][-1][0].value == 7  # type: ignore[union-attr]
    edited = [bool(work.edits) for work in stage.compute.slices]
    assert edited.count(True) == 2  # that of the worker that died, and the one in its place
