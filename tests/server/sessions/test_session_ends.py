"""Runs that diverge, are stopped by their rule, or fail."""

import numpy as np

from tests.support.desk import Desk, dump


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
    assert (diverged["key"], diverged["values"]) == ("diverged-by-rate", {"rate": 3})
    assert (state["playing"], state["reason"]) == (False, "diverged")
    assert np.isfinite(desk.numbers[-1].tensors["parameters/values"]).all()


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

    assert (stopped["type"], stopped["epoch"], stopped["key"]) == ("stopped", 12, "ended.epochs")
    assert stopped["values"]["epochs"] == 12
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

    assert stopped["key"] == "ended.early-stopping"
    assert (stopped["values"]["patience"], stopped["values"]["best"]) == (30, stopped["epoch"] - 30)


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


def test_decay_that_overshoots_is_explained() -> None:
    desk = Desk(
        objective={"penalty": "l2", "penalty_rate": 10},
        training={"learning_rate": 1},
        network={"hidden": [8, 8]},
    )
    desk.say("play")

    diverged = next(event for event in desk.settle() if event["type"] == "diverged")

    assert (diverged["key"], diverged["values"]) == ("diverged-by-regularization", {"product": 10})


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


def test_after_a_failure_a_step_tries_again(desk: Desk) -> None:
    desk.say("play")
    assert desk.next() is not None
    desk.session.fail()

    assert desk.say("step", id=7) == []

    (state,) = [event for event in desk.settle() if event["type"] == "state"]
    assert (state["id"], state["reason"], state["epoch"]) == (7, "stepped", 1)
