"""Outbox: what waits for one connection."""

import weakref

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from server.protocol.frame_compression import Unpacker
from server.protocol.frames import Tensor, decode
from server.sessions.outbox import MAX_EPOCHS, MAX_EVENTS, MAX_FRAME_EPOCHS, Encoding, Outbox, Overflow


def put(
    outbox: Outbox,
    epoch: int,
    *,
    run: int = 1,
    history: int | None = None,
    due: bool = True,
    **tensors: np.ndarray,
) -> None:
    losses = {
        "epochs": np.array([epoch], np.uint32),
        "train_loss": np.array([epoch / 10]),
        "test_loss": np.array([epoch / 5]),
    }
    metadata = {"run": str(run), "history": str(run if history is None else history), "epoch": str(epoch)}
    outbox.put(metadata, losses | tensors, due=due)


def taken(outbox: Outbox) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    frame = outbox.take()
    assert isinstance(frame, bytes)
    return decode(frame)


def test_events_leave_in_order_and_before_frames() -> None:
    outbox = Outbox(2)
    put(outbox, 1)
    outbox.post("a")
    outbox.post("b")

    assert outbox.take() == "a"
    assert outbox.take() == "b"
    assert isinstance(outbox.take(), bytes)
    assert outbox.take() is None


def test_numbers_wait_until_a_frame_is_complete() -> None:
    outbox = Outbox(2)

    put(outbox, 1, due=False)
    assert outbox.take() is None

    put(outbox, 2)
    assert taken(outbox)[1]["epochs"].tolist() == [1, 2]


def test_newer_maps_replace_unsent_ones_and_losses_are_appended() -> None:
    outbox = Outbox(1)
    put(outbox, 1)
    outbox.take()
    put(outbox, 2, map=np.array([2], np.int8))
    put(outbox, 3, map=np.array([3], np.int8), tiles=np.array([9], np.int8))
    put(outbox, 4, map=np.array([4], np.int8))

    outbox.acknowledge(1)
    metadata, tensors = taken(outbox)

    assert metadata == {"frame": "2", "run": "1", "history": "1", "epoch": "4"}
    assert tensors["epochs"].tolist() == [2, 3, 4]
    assert tensors["train_loss"].tolist() == [0.2, 0.3, 0.4]
    assert tensors["map"].tolist() == [4]
    assert tensors["tiles"].tolist() == [9]


def test_another_run_drops_what_is_left_of_the_one_before() -> None:
    outbox = Outbox(1)
    put(outbox, 8, run=1, map=np.array([1], np.int8))
    put(outbox, 0, run=2)

    metadata, tensors = taken(outbox)

    assert metadata["run"] == "2"
    assert tensors["epochs"].tolist() == [0]
    assert "map" not in tensors


def test_another_shape_drops_pictures_but_no_losses_of_the_same_history() -> None:
    outbox = Outbox(1)
    put(outbox, 8, run=1, history=1, map=np.array([1], np.int8))
    put(outbox, 9, run=2, history=1)

    metadata, tensors = taken(outbox)

    assert metadata["run"] == "2"
    assert tensors["epochs"].tolist() == [8, 9]
    assert "map" not in tensors


def test_no_more_frames_leave_than_the_window_allows() -> None:
    outbox = Outbox(2)
    for epoch in range(2):
        put(outbox, epoch)
        outbox.take()
    put(outbox, 2)

    assert outbox.take() is None
    outbox.acknowledge(1)
    assert isinstance(outbox.take(), bytes)
    put(outbox, 3)
    assert outbox.take() is None


def test_the_outbox_is_open_only_if_a_frame_could_leave_and_none_waits() -> None:
    outbox = Outbox(1)
    assert outbox.is_open()

    put(outbox, 1)
    assert not outbox.is_open()
    outbox.take()
    assert not outbox.is_open()
    outbox.acknowledge(1)
    assert outbox.is_open()


def test_acknowledging_frames_that_were_never_sent_opens_nothing() -> None:
    outbox = Outbox(1)
    outbox.acknowledge(1000)
    put(outbox, 1)
    outbox.take()

    put(outbox, 2)
    assert outbox.take() is None


def test_an_old_acknowledgement_takes_nothing_back() -> None:
    outbox = Outbox(1)
    for number in (1, 2):
        put(outbox, number)
        outbox.take()
        outbox.acknowledge(number)

    outbox.acknowledge(1)

    assert outbox.is_open()


def test_frames_are_numbered_from_one() -> None:
    outbox = Outbox(2)
    numbers = []
    for epoch in range(3):
        put(outbox, epoch)
        numbers.append(taken(outbox)[0]["frame"])
        outbox.acknowledge(epoch + 1)

    assert numbers == ["1", "2", "3"]


def test_a_client_that_reads_no_events_is_given_up() -> None:
    outbox = Outbox(1)
    for _ in range(MAX_EVENTS):
        outbox.post("event")

    with pytest.raises(Overflow):
        outbox.post("one too many")


def test_the_outbox_is_full_when_too_many_losses_wait() -> None:
    outbox = Outbox(1)
    half = np.arange(MAX_EPOCHS // 2, dtype=np.uint32)

    outbox.put({"run": "1"}, {"epochs": half}, due=True)
    assert not outbox.is_full()
    outbox.put({"run": "1"}, {"epochs": half}, due=True)
    assert outbox.is_full()
    outbox.take()
    assert not outbox.is_full()


# ------------------------------------------------------------------------------------------- another connection


def about(epoch: int, *, history: int = 1, run: int = 1) -> dict[str, str]:
    return {"run": str(run), "history": str(history), "epoch": str(epoch), "step": "0"}


def loss(*epochs: int) -> dict[str, Tensor]:
    return {"epochs": np.array(epochs, np.uint32), "train_loss": np.array(epochs, float)}


def epochs_of(frame: object) -> list[int]:
    assert isinstance(frame, bytes)
    found: list[int] = decode(frame)[1]["epochs"].tolist()
    return found


def test_losses_that_may_not_have_arrived_go_out_again_in_order_and_frames_are_numbered_afresh() -> None:
    outbox = Outbox(window=2)
    for epoch in range(4):
        outbox.put(about(epoch), loss(epoch), due=True)
        outbox.take()
        if epoch == 1:
            outbox.acknowledge(1)
    outbox.put(about(4), loss(4), due=False)
    outbox.post("an answer to somebody who is gone")

    outbox.reopen()
    assert outbox.take() is None  # nothing whole to show yet
    outbox.put(about(5), loss(5), due=True)
    frame = outbox.take()

    assert epochs_of(frame) == [1, 2, 3, 4, 5]
    assert isinstance(frame, bytes)
    assert decode(frame)[0]["frame"] == "1"


def test_losses_of_a_history_that_is_over_do_not_go_out_again() -> None:
    outbox = Outbox(window=2)
    outbox.put(about(7), loss(7), due=True)
    outbox.take()
    outbox.put(about(0, history=2, run=2), loss(0), due=False)

    outbox.reopen()
    outbox.put(about(1, history=2, run=2), loss(1), due=True)

    assert epochs_of(outbox.take()) == [0, 1]


def test_points_hold_for_another_shape_of_the_same_history() -> None:
    outbox = Outbox(window=2)
    outbox.put(about(1), {**loss(1), "train_points": np.zeros((3, 3), np.float32)}, due=True)
    outbox.put(about(2, run=2), loss(2), due=True)
    frame = outbox.take()

    assert isinstance(frame, bytes)
    assert decode(frame)[1]["train_points"].shape == (3, 3)


def test_of_what_is_kept_only_the_newest_goes_out_and_behind_everything_else() -> None:
    outbox = Outbox(window=1)
    outbox.post_latest("old")
    outbox.post_latest("new")
    outbox.put(about(1), loss(1), due=True)
    outbox.post("event")

    assert outbox.take() == "event"
    assert isinstance(outbox.take(), bytes)
    assert outbox.take() == "new"
    assert outbox.take() is None


def test_last_words_are_all_but_frames() -> None:
    outbox = Outbox(window=1)
    outbox.put(about(1), loss(1), due=True)
    outbox.post("event")
    outbox.post_latest("token")

    assert outbox.drain_events() == ["event", "token"]
    assert outbox.drain_events() == []


def test_losses_of_very_many_epochs_leave_in_pieces_with_the_newest_picture() -> None:
    outbox = Outbox(2)
    losses = np.arange(MAX_FRAME_EPOCHS + 10, dtype=np.uint32)
    points = np.zeros((1, 3), np.float32)
    outbox.put(
        {"run": "1"},
        {"epochs": losses, "map": np.array([7], np.int8), "train_points": points},
        due=True,
    )

    _, first = taken(outbox)
    assert not outbox.is_open()
    _, second = taken(outbox)

    assert np.concatenate([first["epochs"], second["epochs"]]).tolist() == losses.tolist()
    assert (len(first["epochs"]), len(second["epochs"])) == (MAX_FRAME_EPOCHS, 10)
    assert first["map"].tolist() == second["map"].tolist() == [7]
    assert "train_points" in first
    assert "train_points" not in second
    outbox.acknowledge(2)
    assert outbox.is_open()


def test_losses_that_wait_one_by_one_cost_no_more_than_together() -> None:
    outbox = Outbox(2)

    def put_one(epoch: int) -> "weakref.ref[Tensor]":
        losses = np.array([epoch], np.uint32)
        outbox.put({"run": "1", "history": "1", "epoch": str(epoch)}, {"epochs": losses}, due=False)
        return weakref.ref(losses)

    waiting = [put_one(epoch) for epoch in range(1000)]
    assert sum(array() is not None for array in waiting) <= 65

    put(outbox, 1000)
    assert taken(outbox)[1]["epochs"].tolist() == list(range(1001))


def test_it_is_told_for_how_long_a_client_takes_nothing() -> None:
    now = 100.0
    outbox = Outbox(2, clock=lambda: now)
    for epoch in range(2):
        put(outbox, epoch)
        outbox.take()

    now = 130.0
    assert outbox.blocked_seconds == 30
    outbox.acknowledge(1)
    assert outbox.blocked_seconds == 0
    outbox.reopen()
    assert outbox.blocked_seconds == 0
    assert outbox.is_open()


class AnyTraffic(RuleBasedStateMachine):
    """A session and a client that do anything in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.encoding: Encoding = "plain"
        self.outbox = Outbox(8, clock=lambda: self.now)
        self.unpacker: Unpacker | None = None
        self.epoch = self.run = self.history = 0
        self.told: list[int] = []  # epochs of the present history that the client has been told
        self.told_history = 0
        self.told_by = {0: 0}  # how many they were at each frame
        self.last = {"frame": 0, "epoch": -1, "history": 0, "run": 0}
        self.seen = 0

    @rule(epochs=st.integers(0, 5), due=st.booleans(), map_size=st.integers(1, 3))
    def train(self, epochs: int, due: bool, map_size: int) -> None:
        new = np.arange(self.epoch, self.epoch + epochs, dtype=np.uint32)
        self.epoch += epochs
        metadata = {"run": str(self.run), "history": str(self.history), "epoch": str(self.epoch)}
        tensors: dict[str, np.ndarray] = {
            "epochs": new,
            "test_loss": new / 3,
            "map": np.full((map_size, 2), self.epoch % 100, np.int8),
        }
        self.outbox.put(metadata, tensors, due=due)

    @rule()
    def reshape(self) -> None:
        self.run += 1
        self.train(1, False, 1)

    @rule()
    def begin_anew(self) -> None:
        self.run += 1
        self.history += 1
        self.epoch = 0
        self.train(1, True, 1)

    @rule(seconds=st.floats(0, 2))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(behind=st.integers(-2, 9))
    def acknowledge(self, behind: int) -> None:
        self.outbox.acknowledge(self.last["frame"] - behind)
        if behind >= 0:
            self.seen = max(self.seen, self.last["frame"] - behind)

    @rule(encoding=st.sampled_from(["plain", "packed"]))
    def come_back(self, encoding: Encoding) -> None:
        self.outbox.reopen(encoding)
        self.unpacker = Unpacker() if encoding == "packed" else None
        self.told = self.told[: self.told_by[self.seen]]  # what was not acknowledged was lost with the line
        self.told_by = {0: len(self.told)}
        self.last["frame"] = self.seen = 0
        self.last["epoch"] = -1

    @rule(epochs=st.integers(1, 3))
    def train_and_take(self, epochs: int) -> None:
        self.train(epochs, True, 1)
        self.take()

    @rule()
    def take(self) -> None:
        message = self.outbox.take()
        if message is None:
            return
        assert isinstance(message, bytes)
        metadata, tensors = decode(message if self.unpacker is None else self.unpacker.unpack(message))
        number, epoch, history = (int(metadata[name]) for name in ("frame", "epoch", "history"))
        assert number == self.last["frame"] + 1
        assert number - self.seen <= 8
        if history == self.last["history"]:
            assert epoch >= self.last["epoch"]
        assert history >= self.last["history"]
        assert int(metadata["run"]) >= self.last["run"]
        if history != self.told_history:
            self.told, self.told_history = [], history
            self.told_by = dict.fromkeys(self.told_by, 0)
        new = tensors["epochs"].tolist()
        assert new == list(range(new[0], new[0] + len(new))) if new else True
        if new:
            assert new[0] <= len(self.told)  # after coming back some are told again, none is ever left out
            self.told = [*self.told[: new[0]], *new]
        self.told_by[number] = len(self.told)
        self.last = {"frame": number, "epoch": epoch, "history": history, "run": int(metadata["run"])}


def test_guarantee_5_frames_are_in_order_and_no_epoch_is_missing() -> None:
    run_state_machine_as_test(
        AnyTraffic, settings=settings(max_examples=100, stateful_step_count=50, deadline=None)
    )
