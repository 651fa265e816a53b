"""Parameters that are set by hand."""

import numpy as np
import pytest

from tests.support.desk import Desk


@pytest.mark.parametrize(("input_", "index"), [(1, 1), ("bias", 2)])
def test_a_parameter_set_by_hand_is_set_and_shown(desk: Desk, input_: int | str, index: int) -> None:
    before = desk.numbers[-1].tensors

    assert desk.say("set_parameter", layer=0, unit=0, input=input_, value=2.5) == []
    desk.settle()

    after = desk.numbers[-1].tensors
    assert after["parameters/values"][index] == 2.5
    assert (after["parameters/values"] != before["parameters/values"]).sum() == 1
    assert not np.array_equal(after["scores/values"], before["scores/values"])


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

    after = desk.numbers[-1].tensors["parameters/values"]
    assert after[0] == 7
    assert np.array_equal(after[1:], values[1:].astype(np.float32))


def test_more_parameters_than_there_are_are_refused(desk: Desk) -> None:
    (error,) = desk.say("set_parameters", start=20, values=[1] * 6)

    assert (error["code"], error["field"]) == ("invalid", "values")
    assert (error["key"], error["values"]) == ("no-such-parameters", {"first": 20, "last": 25, "highest": 24})
    assert desk.next() is None


def test_only_so_many_values_wait(desk: Desk) -> None:
    answers = [desk.say("set_parameters", values=[1] * 25) for _ in range(3300)]

    assert answers[0] == []
    assert answers[-1][0]["key"] == "too-many-values"
    desk.settle()
    assert desk.say("set_parameters", values=[1] * 25) == []


def test_parameters_that_wait_do_not_survive_another_shape(desk: Desk) -> None:
    desk.say("set_parameters", values=[9] * 25)

    desk.say("configure", experiment={"network": {"hidden": [3, 2]}}, keep=True)
    desk.settle()

    assert 9 not in desk.numbers[-1].tensors["parameters/values"]


def test_an_edit_that_waits_survives_a_new_shape_where_its_place_does(desk: Desk) -> None:
    desk.say("set_parameter", layer=0, unit=1, input="bias", value=7)
    desk.say("set_parameter", layer=0, unit=3, input="bias", value=9)

    desk.say("configure", experiment={"network": {"hidden": [3, 2]}}, keep=True)
    desk.settle()

    parameters = desk.numbers[-1].tensors["parameters/values"]
    assert parameters[5] == 7
    assert 9 not in parameters
