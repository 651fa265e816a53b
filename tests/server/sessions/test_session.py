"""Session: commands in, events out, and what is to be computed next; no server needed."""

from dataclasses import replace

import pytest

from server.sessions.slices import run_slice
from tests.support.desk import Desk
from tests.support.views import watched


def test_hello_is_answered_with_the_whole_experiment() -> None:
    desk = Desk(training={"learning_rate": 0.1})

    (welcome,) = desk.last

    assert welcome["type"] == "welcome"
    assert welcome["protocol"] == 2
    assert welcome["runs"][0]["experiment"]["training"]["learning_rate"] == 0.1
    assert welcome["runs"][0]["experiment"]["network"]["hidden"] == [4, 2]
    assert welcome["runs"][0]["state"] == {
        "playing": False, "epochs_per_second": None, "reason": "new", "epoch": 0, "step": 0
    }  # fmt: skip


def test_the_first_frame_shows_the_untrained_network_and_the_points() -> None:
    desk = Desk()
    desk.settle()

    (numbers,) = desk.numbers
    assert numbers.due
    assert numbers.metadata == {
        "run": "1",
        "lineage": "1",
        "epoch": "0",
        "step": "0",
        **dict.fromkeys(("scores", "parameters", "map"), "{}"),
    }
    assert numbers.tensors["losses/epochs"].tolist() == [0]
    assert numbers.tensors["points/train"].shape == (250, 3)
    assert numbers.tensors["map/values"].shape == (100, 100)
    assert "tiles/values" not in numbers.tensors


def test_nothing_is_computed_when_nothing_is_due(desk: Desk) -> None:
    desk.now += 60

    assert desk.next() is None
    assert desk.seconds_until_due() is None


def test_only_one_slice_is_under_way(desk: Desk) -> None:
    desk.say("play")

    assert desk.next() is not None
    assert desk.next() is None


def test_playing_trains_and_says_so(desk: Desk) -> None:
    (state,) = desk.say("play", id=5)
    work = desk.next()
    assert work is not None
    desk.work(work)

    assert (state["type"], state["playing"], state["reason"], state["id"]) == ("state", True, "played", 5)
    assert desk.step > 0


def test_pause_is_answered_with_the_state_that_then_holds(desk: Desk) -> None:
    desk.say("play")
    work = desk.next()
    assert work is not None

    assert desk.say("pause", id="p") == []  # a slice is under way: training has not paused yet
    (state,) = desk.work(work)

    assert (state["playing"], state["reason"], state["id"]) == (False, "paused", "p")
    assert state["step"] == desk.step > 0
    desk.settle()
    assert desk.step == state["step"]


def test_after_a_pause_the_newest_state_is_shown(desk: Desk) -> None:
    desk.say("play")
    desk.can_send = False
    for _ in range(5):
        work = desk.next()
        assert work is not None
        assert work.views == ()  # nobody would take the picture
        desk.work(work)
    desk.say("pause")
    desk.can_send = True

    desk.settle()

    assert desk.numbers[-1].due
    assert desk.numbers[-1].metadata["step"] == desk.numbers[-2].metadata["step"]


@pytest.mark.parametrize(("unit", "epochs", "steps"), [("epoch", 3, 75), ("batch", 0, 3)])
def test_a_step_trains_exactly_so_far(desk: Desk, unit: str, epochs: int, steps: int) -> None:
    assert desk.say("step", unit=unit, count=3, id="s") == []
    (state,) = desk.settle()

    assert (state["reason"], state["id"]) == ("stepped", "s")
    assert (state["epoch"], state["step"]) == (epochs, steps)
    assert (desk.epoch, desk.step) == (epochs, steps)


def test_a_step_that_can_never_come_ends_with_the_epoch() -> None:
    desk = Desk(training={"batching": "carried", "batch_size": 300})
    desk.settle()

    desk.say("step", unit="batch", id="s")
    (state,) = desk.settle()

    assert (state["reason"], state["id"], state["epoch"], state["step"]) == ("stepped", "s", 1, 0)


def test_epochs_without_an_update_are_trained_as_many_as_asked_for() -> None:
    desk = Desk(training={"batching": "carried", "batch_size": 300})
    desk.settle()

    desk.say("step", unit="epoch", count=200)
    (state,) = desk.settle()

    assert (state["epoch"], state["step"]) == (200, 0)


def test_a_step_that_is_interrupted_is_answered_too(desk: Desk) -> None:
    desk.say("step", count=1000, id="s")

    answers = desk.say("play", id="p")

    assert [(event["reason"], event["id"]) for event in answers] == [("paused", "s"), ("played", "p")]


def test_a_chosen_speed_is_kept(desk: Desk) -> None:
    desk.say("play", epochs_per_second=5)
    start = desk.now

    while desk.now < start + 10:
        work = desk.next()
        if work is None:
            wait = desk.seconds_until_due()
            assert wait is not None
            desk.now += max(wait, 1e-6)
        else:
            desk.work(work)
            desk.now += 0.001

    assert desk.epoch == 50


def test_the_epochs_between_two_frames_are_one_slice(desk: Desk) -> None:
    desk.say("watch", views=watched(), frame_rate=20)
    desk.settle()
    desk.say("play", epochs_per_second=60)
    slices = []
    start = desk.now

    while desk.now < start + 2:
        work = desk.next(9)
        if work is None:
            wait = desk.seconds_until_due()
            assert wait is not None
            desk.now += max(wait, 1e-6)
        else:
            slices.append(work)
            desk.work(work)

    assert 117 <= desk.epoch <= 121
    assert all(work.views for work in slices[1:])  # the first epoch is due at once
    assert 39 <= len(slices) <= 41


def test_a_speed_chosen_while_a_slice_is_in_flight_holds_at_once(desk: Desk) -> None:
    desk.say("play")
    work = desk.next()
    assert work is not None
    desk.say("play", epochs_per_second=20)
    desk.absorb(work, run_slice(replace(work, seconds=None, epochs=25)))

    paced = desk.next()

    assert paced is not None
    assert paced.epochs == 1


def test_the_picture_that_answers_a_command_does_not_wait_for_a_long_slice(desk: Desk) -> None:
    desk.say("play")
    desk.now += 1
    first = desk.next(0.025)  # the last frame was a second ago, so it is overdue, but answers nothing
    assert first is not None
    desk.absorb(first, run_slice(replace(first, seconds=None, steps=1)))

    desk.schedule.hasten()
    second = desk.next(0.025)

    assert first.seconds == 0.025
    assert second is not None
    assert (second.seconds, bool(second.views)) == (0.005, True)


def test_pictures_keep_to_the_frame_rate_and_slices_end_with_them(desk: Desk) -> None:
    desk.say("watch", frame_rate=10)
    desk.settle()
    desk.numbers.clear()
    desk.say("play")
    start = desk.now

    while desk.now < start + 2:
        work = desk.next(0.01)
        assert work is not None
        assert work.seconds is not None
        desk.now += work.seconds
        desk.absorb(work, run_slice(replace(work, seconds=None, steps=1)))

    assert 19 <= sum(numbers.due for numbers in desk.numbers) <= 22


def test_what_is_due_is_what_the_next_slice_does(desk: Desk) -> None:
    assert not desk.is_due()

    desk.say("watch", views=watched())
    desk.now += 0.1
    assert desk.is_due()
    desk.can_send = False
    assert not desk.is_due()  # nothing but a picture, which could not be sent
    desk.say("set_parameter", layer=0, unit=1, input="bias", value=7)
    assert desk.is_due()
    work = desk.next()
    assert work is not None
    desk.can_send = True
    assert not desk.is_due()  # one is in flight
    desk.work(work)
    assert desk.is_due()
    desk.settle()

    assert desk.numbers[-1].tensors["parameters/values"][5] == 7
    assert not desk.is_due()
