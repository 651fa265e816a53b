"""Session: commands in, events out, and what is to be computed next; no server needed."""

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine import Experiment
from server.protocol.messages import Event, Limits, parse
from server.sessions.session import FrameUpdate, Session
from server.sessions.slices import Slice, run_slice
from tests.support.messages import text

LIMITS = Limits(message_bytes=131_072, window=2, hello_seconds=10)


class Desk:
    """A session with a clock that is turned by hand and an engine at the same desk."""

    def __init__(self, **experiment: Any) -> None:
        self.session = Session(LIMITS, lambda: 4711, Experiment.model_validate(experiment))
        self.now = 0.0
        self.can_send = True
        self.numbers: list[FrameUpdate] = []
        self.last = dump(self.session.welcome())

    def say(self, type_: str, **fields: Any) -> list[dict[str, Any]]:
        return dump(self.session.receive(parse(text(type_, **fields))))

    def next(self, seconds: float = 0.001) -> Slice | None:
        return self.session.next_slice(self.now, can_send=self.can_send, seconds=seconds)

    def work(self, work: Slice) -> list[dict[str, Any]]:
        events, numbers = self.session.absorb(work, run_slice(work))
        if numbers is not None:
            self.numbers.append(numbers)
        return dump(events)

    def settle(self, until: Callable[[], bool] = lambda: False) -> list[dict[str, Any]]:
        """Compute until nothing is due, letting time pass between."""
        events: list[dict[str, Any]] = []
        for _ in range(1000):
            self.now += 0.1
            work = self.next()
            if work is None or until():
                return events
            events += self.work(work)
        raise AssertionError("something is always due")

    @property
    def epoch(self) -> int:
        return int(self.numbers[-1].metadata["epoch"])

    @property
    def step(self) -> int:
        return int(self.numbers[-1].metadata["step"])


def dump(events: list[Event]) -> list[dict[str, Any]]:
    return [event.model_dump(mode="json") for event in events]


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.settle()
    return desk


def test_hello_is_answered_with_the_whole_experiment() -> None:
    desk = Desk(training={"learning_rate": 0.1})

    (welcome,) = desk.last

    assert welcome["type"] == "welcome"
    assert welcome["protocol"] == 1
    assert welcome["experiment"]["training"]["learning_rate"] == 0.1
    assert welcome["experiment"]["network"]["hidden"] == [4, 2]
    assert welcome["state"] == {
        "playing": False, "epochs_per_second": None, "reason": "new", "epoch": 0, "step": 0
    }  # fmt: skip


def test_the_first_frame_shows_the_untrained_network_and_the_points() -> None:
    desk = Desk()
    desk.settle()

    (numbers,) = desk.numbers
    assert numbers.due
    assert numbers.metadata == {"run": "1", "history": "1", "epoch": "0", "step": "0", "map": "output"}
    assert numbers.tensors["epochs"].tolist() == [0]
    assert numbers.tensors["train_points"].shape == (250, 3)
    assert numbers.tensors["map"].shape == (100, 100)
    assert "tiles" not in numbers.tensors


def test_nothing_is_computed_when_nothing_is_due(desk: Desk) -> None:
    desk.now += 60

    assert desk.next() is None
    assert desk.session.seconds_until_due(desk.now, can_send=True) is None


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
        assert work.view is None  # nobody would take the picture
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
            wait = desk.session.seconds_until_due(desk.now, can_send=True)
            assert wait is not None
            desk.now += max(wait, 1e-6)
        else:
            desk.work(work)
            desk.now += 0.001

    assert desk.epoch == 50


def test_pictures_keep_to_the_frame_rate_and_slices_end_with_them(desk: Desk) -> None:
    desk.say("watch", frame_rate=10)
    desk.settle()
    desk.numbers.clear()
    desk.say("play")
    start = desk.now

    while desk.now < start + 2:
        work = desk.next()
        assert work is not None
        assert work.seconds is not None
        desk.now += work.seconds
        _, numbers = desk.session.absorb(work, run_slice(work))
        assert numbers is not None
        desk.numbers.append(numbers)

    assert 19 <= sum(numbers.due for numbers in desk.numbers) <= 22


def test_a_live_change_keeps_what_was_learned(desk: Desk) -> None:
    desk.say("step", count=2)
    desk.settle()
    before = desk.numbers[-1].tensors["parameters"]

    (configured,) = desk.say("configure", experiment={"training": {"learning_rate": 0.3}}, id=1)
    desk.settle()

    assert configured["reset"] is False
    assert configured["changed"] == ["training.learning_rate"]
    assert desk.epoch == 2
    assert np.array_equal(desk.numbers[-1].tensors["parameters"], before)


@pytest.mark.parametrize(
    "experiment",
    [
        {"network": {"hidden": [3]}},
        {"data": {"dataset": "xor"}},
        {"data": {"noise": 0.1}},
        {"features": ["x1"]},
        {"network": {"seed": 1}},
    ],
)
def test_a_change_of_structure_or_data_starts_anew_and_says_so(
    desk: Desk, experiment: dict[str, Any]
) -> None:
    desk.say("step", count=2)
    desk.settle()

    (configured,) = desk.say("configure", experiment=experiment)
    desk.settle()

    assert configured["reset"] is True
    assert configured["run"] == 2
    assert desk.numbers[-1].metadata["run"] == "2"
    assert desk.epoch == 0
    assert desk.numbers[-1].tensors["epochs"].tolist() == [0]


def test_configure_keeps_playing(desk: Desk) -> None:
    desk.say("play")

    desk.say("configure", experiment={"network": {"hidden": [3]}})

    work = desk.next()
    assert work is not None
    assert work.run is None
    assert work.seconds is not None


def test_the_outcome_of_an_earlier_start_is_dropped(desk: Desk) -> None:
    desk.say("play")
    work = desk.next()
    assert work is not None
    desk.say("configure", experiment={"network": {"hidden": [3]}})
    shown = len(desk.numbers)

    assert desk.work(work) == []

    assert len(desk.numbers) == shown


def test_configuring_nothing_new_changes_nothing(desk: Desk) -> None:
    (configured,) = desk.say("configure", experiment={})

    assert (configured["reset"], configured["changed"]) == (False, [])
    assert desk.next() is None


def test_reset_starts_from_the_same_weights(desk: Desk) -> None:
    before = desk.numbers[-1].tensors["parameters"]
    desk.say("play")

    configured, state = desk.say("reset", id="r")
    desk.settle()

    assert (configured["reset"], configured["changed"], configured["id"]) == (True, [], "r")
    assert (state["playing"], state["reason"], state["epoch"]) == (False, "reset", 0)
    assert np.array_equal(desk.numbers[-1].tensors["parameters"], before)


def test_reset_with_a_new_seed_starts_from_other_weights_and_the_same_points(desk: Desk) -> None:
    before = desk.numbers[-1].tensors

    configured, _ = desk.say("reset", new_seed=True)
    desk.settle()

    assert configured["changed"] == ["network.seed"]
    assert configured["experiment"]["network"]["seed"] == 4711
    assert not np.array_equal(desk.numbers[-1].tensors["parameters"], before["parameters"])
    assert np.array_equal(desk.numbers[-1].tensors["train_points"], before["train_points"])


def test_watching_a_unit_shows_its_map_and_the_tiles(desk: Desk) -> None:
    assert desk.say("watch", tiles=True, unit={"layer": 1, "unit": 0}, resolution=30) == []
    desk.settle()

    numbers = desk.numbers[-1]
    assert numbers.metadata["map"] == "1:0"
    assert numbers.tensors["map"].shape == (30, 30)
    assert numbers.tensors["tiles"].shape == (7, 20, 20)


def test_the_confusion_is_counted_only_while_it_is_watched(desk: Desk) -> None:
    desk.say("watch", confusion=True)
    desk.settle()
    assert desk.numbers[-1].tensors["confusion"].shape == (2, 2, 2)

    desk.say("watch")
    desk.settle()
    assert "confusion" not in desk.numbers[-1].tensors


def test_the_parameters_come_in_full_only_while_that_is_watched(desk: Desk) -> None:
    desk.say("set_parameters", values=[0.1])
    desk.say("watch", exact=True)
    desk.settle()
    assert desk.numbers[-1].tensors["exact_parameters"].dtype == np.float64
    assert desk.numbers[-1].tensors["exact_parameters"][0] == 0.1
    assert desk.numbers[-1].tensors["parameters"][0] == np.float32(0.1)

    desk.say("watch")
    desk.settle()
    assert "exact_parameters" not in desk.numbers[-1].tensors


@pytest.mark.parametrize("unit", [{"layer": 2, "unit": 0}, {"layer": 1, "unit": 2}])
def test_watching_a_unit_that_does_not_exist_is_refused(desk: Desk, unit: dict[str, int]) -> None:
    (error,) = desk.say("watch", unit=unit, id=3)

    assert (error["code"], error["field"], error["id"]) == ("invalid", "unit", 3)
    assert desk.next() is None


def test_a_watched_unit_that_a_new_network_lacks_gives_way_to_the_output(desk: Desk) -> None:
    desk.say("watch", unit={"layer": 1, "unit": 1})
    desk.say("configure", experiment={"network": {"hidden": [2]}})

    desk.settle()

    assert desk.numbers[-1].metadata["map"] == "output"


@pytest.mark.parametrize(("input_", "index"), [(1, 1), ("bias", 2)])
def test_a_parameter_set_by_hand_is_set_and_shown(desk: Desk, input_: int | str, index: int) -> None:
    before = desk.numbers[-1].tensors

    assert desk.say("set_parameter", layer=0, unit=0, input=input_, value=2.5) == []
    desk.settle()

    after = desk.numbers[-1].tensors
    assert after["parameters"][index] == 2.5
    assert (after["parameters"] != before["parameters"]).sum() == 1
    assert not np.array_equal(after["evaluation"], before["evaluation"])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"layer": 3, "unit": 0, "input": 0}, "layer"),
        ({"layer": 1, "unit": 2, "input": 0}, "unit"),
        ({"layer": 0, "unit": 0, "input": 2}, "input"),
    ],
)
def test_a_parameter_that_does_not_exist_is_refused(desk: Desk, fields: dict[str, int], field: str) -> None:
    (error,) = desk.say("set_parameter", value=1, **fields)

    assert (error["code"], error["field"]) == ("invalid", field)
    assert desk.next() is None


def test_all_parameters_can_be_set_in_pieces(desk: Desk) -> None:
    values = np.linspace(-1, 1, 25)

    assert desk.say("set_parameters", values=values[:20].tolist()) == []
    assert desk.say("set_parameter", layer=0, unit=0, input=0, value=7) == []
    assert desk.say("set_parameters", start=20, values=values[20:].tolist()) == []
    desk.settle()

    after = desk.numbers[-1].tensors["parameters"]
    assert after[0] == 7
    assert np.array_equal(after[1:], values[1:].astype(np.float32))


def test_more_parameters_than_there_are_are_refused(desk: Desk) -> None:
    (error,) = desk.say("set_parameters", start=20, values=[1] * 6)

    assert (error["code"], error["field"]) == ("invalid", "values")
    assert "20 … 25; this network has 0 … 24" in error["message"]
    assert desk.next() is None


def test_only_so_many_values_wait(desk: Desk) -> None:
    answers = [desk.say("set_parameters", values=[1] * 25) for _ in range(3300)]

    assert answers[0] == []
    assert "wait for a frame" in answers[-1][0]["message"]
    desk.settle()
    assert desk.say("set_parameters", values=[1] * 25) == []


def test_parameters_that_wait_do_not_survive_another_shape(desk: Desk) -> None:
    desk.say("set_parameters", values=[9] * 25)

    desk.say("configure", experiment={"network": {"hidden": [3, 2]}}, keep=True)
    desk.settle()

    assert 9 not in desk.numbers[-1].tensors["parameters"]


def diverging() -> Desk:
    desk = Desk(
        data={"dataset": "plane"},
        features=["x1", "x2", "x1²"],
        network={"hidden": []},
        training={"learning_rate": 3},
    )
    desk.settle()
    return desk


def test_a_run_that_diverges_stops_with_an_explanation() -> None:
    desk = diverging()
    desk.say("play")

    events = desk.settle()

    diverged, state = events
    assert diverged["type"] == "diverged"
    assert "learning rate (now 3)" in diverged["message"]
    assert (state["playing"], state["reason"]) == (False, "diverged")
    assert np.isfinite(desk.numbers[-1].tensors["parameters"]).all()


def test_a_diverged_run_does_not_play_on_until_something_changes() -> None:
    desk = diverging()
    desk.say("play")
    desk.settle()

    (refused,) = desk.say("play", id="again")
    (step_refused,) = desk.say("step")
    desk.say("reset")
    (played,) = desk.say("play")

    assert (refused["code"], refused["id"]) == ("diverged", "again")
    assert step_refused["code"] == "diverged"
    assert played["playing"] is True


def test_a_run_that_its_rule_stops_says_why() -> None:
    desk = Desk(training={"stop": "epochs", "stop_options": {"epochs": 12}})
    desk.say("play")

    stopped, state = (event for event in desk.settle() if event["type"] != "state" or not event["playing"])

    assert (stopped["type"], stopped["epoch"], stopped["message"]) == (
        "stopped",
        12,
        "The 12 epochs are done.",
    )
    assert (state["type"], state["playing"], state["reason"]) == ("state", False, "stopped")
    assert desk.epoch == 12


def test_early_stopping_says_where_the_network_is_back() -> None:
    desk = Desk(
        data={"dataset": "gauss", "noise": 0.5, "train_fraction": 0.1, "validation_fraction": 0.2},
        network={"hidden": [8, 8]},
        training={"learning_rate": 0.1, "stop": "early-stopping", "stop_options": {"patience": 30}},
    )
    desk.say("play")

    stopped = next(event for event in desk.settle() if event["type"] == "stopped")

    assert "30 epochs" in stopped["message"]
    assert f"back at epoch {stopped['epoch'] - 30}" in stopped["message"]


def test_a_stopped_run_does_not_play_on_until_something_changes() -> None:
    desk = Desk(training={"stop": "epochs", "stop_options": {"epochs": 12}})
    desk.say("step", count=20)
    stopped, state = (event for event in desk.settle() if event["type"] != "configured")

    (refused,) = desk.say("play", id="again")
    desk.say("configure", experiment={"training": {"stop": "epochs", "stop_options": {"epochs": 15}}})
    (played,) = desk.say("play")
    more = desk.settle()

    assert (stopped["type"], state["reason"]) == ("stopped", "stopped")
    assert (refused["code"], refused["id"]) == ("stopped", "again")
    assert played["playing"] is True
    assert [event["type"] for event in more] == ["stopped", "state"]
    assert desk.epoch == 15


def test_a_run_that_is_stopped_starts_anew_after_a_reset() -> None:
    desk = Desk(training={"stop": "epochs", "stop_options": {"epochs": 3}})
    desk.say("play")
    desk.settle()

    desk.say("reset")
    desk.say("play")
    events = desk.settle()

    assert [event["type"] for event in events] == ["stopped", "state"]
    assert desk.epoch == 3


def test_a_new_shape_may_keep_what_was_learned(desk: Desk) -> None:
    desk.say("step", count=60)
    desk.settle()
    learned = desk.numbers[-1]

    (configured,) = desk.say("configure", experiment={"network": {"hidden": [4, 3]}}, keep=True)
    desk.settle()

    after = desk.numbers[-1]
    assert (configured["reset"], configured["kept"]) == (False, True)
    assert configured["run"] == int(after.metadata["run"]) == int(learned.metadata["run"]) + 1
    assert after.metadata["history"] == learned.metadata["history"]
    assert desk.epoch == 60
    np.testing.assert_array_equal(after.tensors["parameters"][:12], learned.tensors["parameters"][:12])
    # The loss hardly changes, where a new start would have put it back to about a half.
    assert abs(after.tensors["evaluation"][0, 0] - learned.tensors["evaluation"][0, 0]) < 0.1


def test_a_new_shape_starts_anew_unless_asked_to_keep_and_whenever_the_data_change(desk: Desk) -> None:
    desk.say("step", count=5)
    desk.settle()

    (plain,) = desk.say("configure", experiment={"network": {"hidden": [3]}})
    (with_data,) = desk.say(
        "configure", experiment={"network": {"hidden": [4]}, "data": {"seed": 1}}, keep=True
    )

    assert (plain["reset"], plain["kept"]) == (True, False)
    assert (with_data["reset"], with_data["kept"]) == (True, False)


def test_what_was_trained_while_the_shape_changed_is_kept_and_its_losses_are_sent(desk: Desk) -> None:
    desk.say("play", epochs_per_second=10)
    desk.now += 0.1
    work = desk.next(seconds=60)  # however slow the machine is, one epoch is done
    assert work is not None
    desk.say("configure", experiment={"network": {"hidden": [4, 2, 2]}}, keep=True)

    desk.work(work)  # of the old shape

    stale = desk.numbers[-1]
    assert set(stale.tensors) == {"epochs", "train_loss", "test_loss"}
    assert not stale.due
    assert desk.epoch > 0
    desk.now += 0.1
    following = desk.next()
    assert following is not None
    assert following.run is not None
    assert following.run.epoch == desk.epoch
    desk.work(following)
    assert len(desk.numbers[-1].tensors["parameters"]) == 4 * 3 + 2 * 5 + 2 * 3 + 1 * 3


def test_a_slice_that_is_taken_back_leaves_everything_due(desk: Desk) -> None:
    desk.say("set_parameter", layer=0, unit=1, input="bias", value=7)
    desk.say("play")
    desk.now += 0.1
    work = desk.next()
    assert work is not None
    desk.session.cancel_slice(work)

    (state,) = desk.say("pause")  # nothing is under way, so this is answered at once
    again = desk.next()

    assert state["reason"] == "paused"
    assert again is not None
    assert again.edits == work.edits != ()
    assert again.view == work.view
    assert again.seconds is None
    desk.work(again)
    assert desk.numbers[-1].tensors["parameters"][5] == 7


def test_a_picture_for_a_connection_that_has_ended_is_not_the_first_of_the_next(desk: Desk) -> None:
    desk.say("play", epochs_per_second=10)
    desk.now += 0.1
    work = desk.next(seconds=60)
    assert work is not None
    assert work.view is not None
    desk.session.reopen()

    desk.work(work)
    assert [numbers.due for numbers in desk.numbers[-1:]] == [False]
    desk.now += 0.1
    following = desk.next()
    assert following is not None
    desk.work(following)

    assert desk.numbers[-1].due
    assert "train_points" in desk.numbers[-1].tensors


def test_an_edit_that_waits_survives_a_new_shape_where_its_place_does(desk: Desk) -> None:
    desk.say("set_parameter", layer=0, unit=1, input="bias", value=7)
    desk.say("set_parameter", layer=0, unit=3, input="bias", value=9)

    desk.say("configure", experiment={"network": {"hidden": [3, 2]}}, keep=True)
    desk.settle()

    parameters = desk.numbers[-1].tensors["parameters"]
    assert parameters[5] == 7
    assert 9 not in parameters


def test_one_of_many_outputs_can_be_watched_and_a_single_one_cannot() -> None:
    many = Desk(data={"dataset": "blobs"})
    many.settle()

    assert many.say("watch", unit={"layer": 2, "unit": 3}) == []
    (beyond,) = many.say("watch", unit={"layer": 2, "unit": 4})
    (single,) = Desk().say("watch", unit={"layer": 2, "unit": 0})

    assert "behind them there are 4 outputs" in beyond["message"]
    assert single["code"] == "invalid"


def test_decay_that_overshoots_is_explained() -> None:
    desk = Desk(
        objective={"penalty": "l2", "penalty_rate": 10},
        training={"learning_rate": 1},
        network={"hidden": [8, 8]},
    )
    desk.say("play")

    diverged = next(event for event in desk.settle() if event["type"] == "diverged")

    assert "regularization itself overshoots" in diverged["message"]


def test_a_failed_slice_is_reported_and_not_tried_for_ever(desk: Desk) -> None:
    desk.say("play")
    assert desk.next() is not None

    error, state = dump(desk.session.fail())

    assert error["code"] == "internal"
    assert (state["playing"], state["reason"]) == (False, "failed")
    desk.now += 10
    assert desk.next() is None
    desk.say("play")
    assert desk.next() is not None


COMMANDS = st.one_of(
    st.just(("play", {})),
    st.builds(lambda speed: ("play", {"epochs_per_second": speed}), st.floats(0.1, 10_000)),
    st.just(("pause", {})),
    st.builds(
        lambda unit, count: ("step", {"unit": unit, "count": count}),
        st.sampled_from(["epoch", "batch"]),
        st.integers(1, 5),
    ),
    st.builds(lambda new: ("reset", {"new_seed": new}), st.booleans()),
    st.builds(
        lambda rate, hidden, dataset, keep: (
            "configure",
            {
                "keep": keep,
                "experiment": {
                    "training": {"learning_rate": rate},
                    "network": {"hidden": hidden},
                    "data": {"dataset": dataset, "samples": 40},
                },
            },
        ),
        st.sampled_from([0.0, 0.03, 10.0]),
        st.lists(st.integers(1, 4), max_size=2),
        st.sampled_from(["circle", "plane"]),
        st.booleans(),
    ),
    st.builds(
        lambda layer, unit: (
            "watch",
            {"tiles": True, "unit": {"layer": layer, "unit": unit}, "resolution": 10},
        ),
        st.integers(0, 3),
        st.integers(0, 4),
    ),
    st.builds(
        lambda layer, unit, value: (
            "set_parameter",
            {"layer": layer, "unit": unit, "input": "bias", "value": value},
        ),
        st.integers(0, 3),
        st.integers(0, 4),
        st.floats(-1e6, 1e6),
    ),
    st.builds(
        lambda start, values: ("set_parameters", {"start": start, "values": values}),
        st.integers(0, 30),
        st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30),
    ),
    st.just(("hello", {"protocol": 1})),
    st.just(("play", {"epochs_per_second": 1e308})),
)


class AnySession(RuleBasedStateMachine):
    """Whatever commands come at whatever time, the run goes its orderly way."""

    @initialize()
    def begin(self) -> None:
        self.desk = Desk(data={"samples": 40})
        self.work: Slice | None = None
        self.run, self.step = 0, 0

    @rule(command=COMMANDS)
    def command(self, command: tuple[str, dict[str, Any]]) -> None:
        type_, fields = command
        before = (self.desk.session.experiment, self.desk.session.run_number)

        events = self.desk.say(type_, id="x", **fields)

        if any(event["type"] == "error" for event in events):
            assert (self.desk.session.experiment, self.desk.session.run_number) == before

    @rule(seconds=st.floats(0.001, 2))
    def time_passes(self, seconds: float) -> None:
        self.desk.now += seconds

    @rule()
    def client_is_busy_or_free(self) -> None:
        self.desk.can_send = not self.desk.can_send

    # No preconditions: how far a slice gets depends on the clock, and the rules to choose from must not.
    @rule()
    def start_a_slice(self) -> None:
        if self.work is None:
            self.work = self.desk.next()

    @rule()
    def finish_the_slice(self) -> None:
        if self.work is not None:
            self.desk.work(self.work)
            self.work = None

    @rule()
    def take_the_slice_back(self) -> None:
        if self.work is not None:
            self.desk.session.cancel_slice(self.work)
            self.work = None

    @invariant()
    def epochs_never_go_back_within_a_run(self) -> None:
        for numbers in self.desk.numbers:
            run, step = int(numbers.metadata["run"]), int(numbers.metadata["step"])
            assert (run, step) >= (self.run, self.step)
            self.run, self.step = run, step
            assert np.isfinite(numbers.tensors.get("parameters", np.zeros(1))).all()
        self.desk.numbers.clear()

    @invariant()
    def nothing_trains_that_does_not_play(self) -> None:
        welcome, *others = dump(self.desk.session.welcome())
        has_ended = any(event["type"] in ("diverged", "stopped") for event in others)
        assert not (has_ended and welcome["state"]["playing"])

    def teardown(self) -> None:
        """After a pause, everything settles, and the last picture shows the last state."""
        if not hasattr(self, "desk"):
            return
        if self.work is not None:
            self.desk.work(self.work)
        self.desk.say("pause")
        self.desk.can_send = True
        self.desk.settle()
        run = self.desk.session.settled_run
        assert run is not None
        assert run.experiment == self.desk.session.experiment


AnySession.TestCase.settings = hypothesis_settings(max_examples=60, stateful_step_count=25, deadline=None)
TestAnySession = AnySession.TestCase
