"""Changes of the experiment, and resets."""

from typing import Any

import numpy as np
import pytest

from tests.support.desk import Desk


def test_a_live_change_keeps_what_was_learned(desk: Desk) -> None:
    desk.say("step", count=2)
    desk.settle()
    before = desk.numbers[-1].tensors["parameters/values"]

    (configured,) = desk.say("configure", experiment={"training": {"learning_rate": 0.3}}, id=1)
    desk.settle()

    assert configured["reset"] is False
    assert configured["changed"] == ["training.learning_rate"]
    assert desk.epoch == 2
    assert np.array_equal(desk.numbers[-1].tensors["parameters/values"], before)


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
    assert desk.numbers[-1].tensors["losses/epochs"].tolist() == [0]


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
    before = desk.numbers[-1].tensors["parameters/values"]
    desk.say("play")

    configured, state = desk.say("reset", id="r")
    desk.settle()

    assert (configured["reset"], configured["changed"], configured["id"]) == (True, [], "r")
    assert (state["playing"], state["reason"], state["epoch"]) == (False, "reset", 0)
    assert np.array_equal(desk.numbers[-1].tensors["parameters/values"], before)


def test_reset_with_a_new_seed_starts_from_other_weights_and_the_same_points(desk: Desk) -> None:
    before = desk.numbers[-1].tensors

    configured, _ = desk.say("reset", new_seed=True)
    desk.settle()

    assert configured["changed"] == ["network.seed"]
    assert configured["experiment"]["network"]["seed"] == 4711
    assert not np.array_equal(desk.numbers[-1].tensors["parameters/values"], before["parameters/values"])
    assert np.array_equal(desk.numbers[-1].tensors["points/train"], before["points/train"])


def test_a_new_shape_may_keep_what_was_learned(desk: Desk) -> None:
    desk.say("step", count=60)
    desk.settle()
    learned = desk.numbers[-1]

    (configured,) = desk.say("configure", experiment={"network": {"hidden": [4, 3]}}, keep=True)
    desk.settle()

    after = desk.numbers[-1]
    assert (configured["reset"], configured["kept"]) == (False, True)
    assert configured["run"] == int(after.metadata["run"]) == int(learned.metadata["run"]) + 1
    assert after.metadata["lineage"] == learned.metadata["lineage"]
    assert desk.epoch == 60
    np.testing.assert_array_equal(
        after.tensors["parameters/values"][:12], learned.tensors["parameters/values"][:12]
    )
    # The loss hardly changes, where a new start would have put it back to about a half.
    assert abs(after.tensors["scores/values"][0, 0] - learned.tensors["scores/values"][0, 0]) < 0.1


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
    assert set(stale.tensors) == {"losses/epochs", "losses/train", "losses/test"}
    assert not stale.due
    assert desk.epoch > 0
    desk.now += 0.1
    following = desk.next()
    assert following is not None
    assert following.run is not None
    assert following.run.epoch == desk.epoch
    desk.work(following)
    assert len(desk.numbers[-1].tensors["parameters/values"]) == 4 * 3 + 2 * 5 + 2 * 3 + 1 * 3
