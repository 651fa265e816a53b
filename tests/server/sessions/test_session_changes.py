"""Changes of the experiment, and resets."""

from typing import Any

import numpy as np
import pytest

from server.i18n import bundled
from server.protocol.commands import Configure
from server.protocol.events import translate
from server.protocol.parsing import parse
from tests.support.desk import Desk
from tests.support.messages import text


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


def test_changed_fields_are_applied_to_the_present_experiment_and_the_others_adapted(desk: Desk) -> None:
    desk.say("configure", experiment={"network": {"hidden": [3]}})

    (configured,) = desk.say("configure", changes={"training.stop": "early-stopping"}, id=1)

    assert configured["experiment"]["network"]["hidden"] == [3]
    assert configured["experiment"]["data"]["validation_fraction"] == 0.2
    assert set(configured["changed"]) == {
        "data.validation_fraction",
        "training.stop",
        "training.stop_options",
    }
    assert configured["note_keys"] == ["stop-gets-validation"]


def test_an_experiment_replaces_the_present_one_before_changes_are_applied(desk: Desk) -> None:
    desk.say("configure", changes={"training.learning_rate": 1})

    (configured,) = desk.say(
        "configure", experiment={"data": {"dataset": "xor"}}, changes={"network.hidden": [3]}
    )

    assert configured["experiment"]["training"]["learning_rate"] == 0.03
    assert configured["experiment"]["data"]["dataset"] == "xor"
    assert configured["experiment"]["network"]["hidden"] == [3]


def test_notes_come_in_the_language_of_the_client(desk: Desk) -> None:
    message = parse(text("configure", changes={"training.stop": "early-stopping"}))
    assert isinstance(message, Configure)
    (configured,) = desk.session.receive(message)

    chinese = bundled()["zh-Hans"]
    (note,) = translate(configured, chinese).model_dump()["notes"]
    assert chinese.texts["catalog.choices.stops.early-stopping.label"] in note
    assert chinese.percent(0.2) in note


@pytest.mark.parametrize(
    ("changes", "code", "field", "key"),
    [
        ({"training.learning_rate": "fast"}, "invalid", "training.learning_rate", "value"),
        ({"objective.loss": "softmax-cross-entropy"}, "invalid", "objective.loss", "loss-problem"),
        ({"no.field": 1}, "invalid", "no.field", "unknown-name"),
        (
            {"network.hidden": [64] * 9, "training.batch_size": 10_000, "data.samples": 10_000},
            "too-much",
            "training.batch_size",
            "too-much",
        ),
    ],
)
def test_a_refused_change_is_named_and_changes_nothing(
    desk: Desk, changes: dict[str, Any], code: str, field: str, key: str
) -> None:
    before = desk.session.wanted.experiment

    (error,) = desk.say("configure", changes=changes, id="a")

    assert (error["type"], error["code"], error["id"]) == ("error", code, "a")
    assert (error["field"], error["key"]) == (field, key)
    assert desk.session.wanted.experiment is before


@pytest.mark.parametrize(
    ("fields", "field", "key"),
    [
        ({}, "experiment", "missing"),
        ({"changes": []}, "changes", "value"),
        ({"changes": {str(number): 0 for number in range(101)}}, "changes", "value"),
    ],
)
def test_a_configure_has_changes_or_an_experiment(
    desk: Desk, fields: dict[str, Any], field: str, key: str
) -> None:
    (error,) = desk.say("configure", **fields)

    assert (error["code"], error["field"], error["key"]) == ("invalid", field, key)
