"""Outbox: what waits for one connection."""

import weakref

import numpy as np
import pytest

from server.protocol.frames import Tensor
from server.sessions.outbox import MAX_EPOCHS, MAX_EVENTS, MAX_FRAME_EPOCHS, Outbox, Overflow
from tests.support.frames import decode_one


def put(
    outbox: Outbox,
    epoch: int,
    *,
    run: int = 1,
    lineage: int | None = None,
    due: bool = True,
    **tensors: np.ndarray,
) -> None:
    losses = {
        "losses/epochs": np.array([[epoch]], np.uint32),
        "losses/train": np.array([[epoch / 10]]),
        "losses/test": np.array([[epoch / 5]]),
    }
    metadata = {"run": str(run), "lineage": str(run if lineage is None else lineage), "epoch": str(epoch)}
    named = {name.replace("_", "/"): tensor for name, tensor in tensors.items()}
    outbox.put(metadata, losses | named, due=due)


def taken(outbox: Outbox) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    return decode_one(outbox.take())


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
    assert taken(outbox)[1]["losses/epochs"].tolist() == [1, 2]


def test_newer_maps_replace_unsent_ones_and_losses_are_appended() -> None:
    outbox = Outbox(1)
    put(outbox, 1)
    outbox.take()
    put(outbox, 2, map_values=np.array([[2]], np.int8))
    put(outbox, 3, map_values=np.array([[3]], np.int8), tiles_values=np.array([[9]], np.int8))
    put(outbox, 4, map_values=np.array([[4]], np.int8), tiles_values=np.array([[9]], np.int8))

    outbox.acknowledge(1)
    metadata, tensors = taken(outbox)

    assert metadata == {"frame": "2", "run": "1", "lineage": "1", "epoch": "4"}
    assert tensors["losses/epochs"].tolist() == [2, 3, 4]
    assert tensors["losses/train"].tolist() == [0.2, 0.3, 0.4]
    assert tensors["map/values"].tolist() == [4]
    assert tensors["tiles/values"].tolist() == [9]


def test_another_run_drops_what_is_left_of_the_one_before() -> None:
    outbox = Outbox(1)
    put(outbox, 8, run=1, map_values=np.array([[1]], np.int8))
    put(outbox, 0, run=2)

    metadata, tensors = taken(outbox)

    assert metadata["run"] == "2"
    assert tensors["losses/epochs"].tolist() == [0]
    assert "map/values" not in tensors


def test_another_shape_drops_pictures_but_no_losses_of_the_same_lineage() -> None:
    outbox = Outbox(1)
    put(outbox, 8, run=1, lineage=1, map_values=np.array([[1]], np.int8))
    put(outbox, 9, run=2, lineage=1)

    metadata, tensors = taken(outbox)

    assert metadata["run"] == "2"
    assert tensors["losses/epochs"].tolist() == [8, 9]
    assert "map/values" not in tensors


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
    half = np.arange(MAX_EPOCHS // 2, dtype=np.uint32)[None]

    outbox.put({"run": "1"}, {"losses/epochs": half}, due=True)
    assert not outbox.is_full()
    outbox.put({"run": "1"}, {"losses/epochs": half}, due=True)
    assert outbox.is_full()
    outbox.take()
    assert not outbox.is_full()


def test_of_what_is_kept_only_the_newest_goes_out_and_behind_everything_else() -> None:
    outbox = Outbox(window=1)
    outbox.post_latest("old")
    outbox.post_latest("new")
    put(outbox, 1)
    outbox.post("event")

    assert outbox.take() == "event"
    assert isinstance(outbox.take(), bytes)
    assert outbox.take() == "new"
    assert outbox.take() is None


def test_drained_events_are_all_but_frames() -> None:
    outbox = Outbox(window=1)
    put(outbox, 1)
    outbox.post("event")
    outbox.post_latest("token")

    assert outbox.drain_events() == ["event", "token"]
    assert outbox.drain_events() == []


def test_losses_of_very_many_epochs_leave_in_pieces_with_the_newest_picture() -> None:
    outbox = Outbox(2)
    losses = np.arange(MAX_FRAME_EPOCHS + 10, dtype=np.uint32)
    points = np.zeros((1, 1, 3), np.float32)
    outbox.put(
        {"run": "1"},
        {"losses/epochs": losses[None], "map/values": np.array([[7]], np.int8), "points/train": points},
        due=True,
    )

    _, first = taken(outbox)
    assert not outbox.is_open()
    _, second = taken(outbox)

    assert np.concatenate([first["losses/epochs"], second["losses/epochs"]]).tolist() == losses.tolist()
    assert (len(first["losses/epochs"]), len(second["losses/epochs"])) == (MAX_FRAME_EPOCHS, 10)
    assert first["map/values"].tolist() == second["map/values"].tolist() == [7]
    assert "points/train" in first
    assert "points/train" not in second
    outbox.acknowledge(2)
    assert outbox.is_open()


def test_losses_that_wait_one_by_one_cost_no_more_than_together() -> None:
    outbox = Outbox(2)

    def put_one(epoch: int) -> "weakref.ref[Tensor]":
        losses = np.array([[epoch]], np.uint32)
        outbox.put({"run": "1", "lineage": "1", "epoch": str(epoch)}, {"losses/epochs": losses}, due=False)
        return weakref.ref(losses)

    waiting = [put_one(epoch) for epoch in range(1000)]
    assert sum(array() is not None for array in waiting) <= 65

    put(outbox, 1000)
    assert taken(outbox)[1]["losses/epochs"].tolist() == list(range(1001))


def test_it_is_told_for_how_long_a_client_takes_nothing() -> None:
    now = 100.0
    outbox = Outbox(2, clock=lambda: now)
    for epoch in range(2):
        put(outbox, epoch)
        outbox.take()

    now = 130.0
    assert outbox.flow.blocked_seconds(now) == 30
    outbox.acknowledge(1)
    assert outbox.flow.blocked_seconds(now) == 0
    assert outbox.is_open()


def test_views_that_are_watched_no_longer_are_in_no_later_frame() -> None:
    outbox = Outbox(1)
    before, after = (np.array([[value]], np.int8) for value in (1, 2))
    outbox.put(
        {"run": "1", "lineage": "1", "map": "{}"}, {"map/values": before, "points/train": before}, due=True
    )

    outbox.put({"run": "1", "lineage": "1", "tiles": "{}"}, {"tiles/values": after}, due=True)

    metadata, tensors = taken(outbox)
    assert set(tensors) == {"points/train", "tiles/values"}
    assert "map" not in metadata
    assert metadata["tiles"] == "{}"
