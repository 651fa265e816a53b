"""What a client looks at: units, confusion, exact parameters."""

import json

import numpy as np
import pytest

from server.sessions.frame_schedule import FrameSchedule
from tests.support.desk import Desk
from tests.support.views import watched


def test_watching_a_unit_shows_its_map_and_the_tiles(desk: Desk) -> None:
    assert desk.say("watch", views=watched(tiles=True, unit=(1, 0), resolution=30)) == []
    desk.settle()

    numbers = desk.numbers[-1]
    assert json.loads(numbers.metadata["map"]) == {"unit": {"layer": 1, "unit": 0}, "resolution": 30}
    assert numbers.tensors["map/values"].shape == (30, 30)
    assert numbers.tensors["tiles/values"].shape == (7, 20, 20)


def test_the_confusion_is_counted_only_while_it_is_watched(desk: Desk) -> None:
    desk.say("watch", views=[{"view": "confusion"}])
    desk.settle()
    assert desk.numbers[-1].tensors["confusion/counts"].shape == (2, 2, 2)

    desk.say("watch", views=watched())
    desk.settle()
    assert "confusion/counts" not in desk.numbers[-1].tensors


def test_the_parameters_come_in_full_only_while_that_is_watched(desk: Desk) -> None:
    desk.say("set_parameters", values=[0.1])
    desk.say("watch", views=[{"view": "parameters", "exact": True}])
    desk.settle()
    assert desk.numbers[-1].tensors["parameters/exact"].dtype == np.float64
    assert desk.numbers[-1].tensors["parameters/exact"][0] == 0.1
    assert desk.numbers[-1].tensors["parameters/values"][0] == np.float32(0.1)

    desk.say("watch", views=watched())
    desk.settle()
    assert "parameters/exact" not in desk.numbers[-1].tensors


@pytest.mark.parametrize("unit", [{"layer": 2, "unit": 0}, {"layer": 1, "unit": 2}])
def test_watching_a_unit_that_does_not_exist_is_refused(desk: Desk, unit: dict[str, int]) -> None:
    (error,) = desk.say("watch", views=[{"view": "map", "unit": unit}], id=3)

    assert (error["code"], error["field"], error["id"]) == ("invalid", "views.0.map.unit", 3)
    assert desk.next() is None


def test_a_watched_unit_that_a_new_network_lacks_gives_way_to_the_output(desk: Desk) -> None:
    desk.say("watch", views=watched(unit=(1, 1), resolution=30))
    desk.say("configure", experiment={"network": {"hidden": [2]}})

    desk.settle()

    assert json.loads(desk.numbers[-1].metadata["map"]) == {"resolution": 30}
    assert desk.numbers[-1].tensors["map/values"].shape == (30, 30)


def test_a_picture_for_a_connection_that_has_ended_is_not_the_first_of_the_next(desk: Desk) -> None:
    desk.say("play", epochs_per_second=10)
    desk.now += 0.1
    work = desk.next(seconds=60)
    assert work is not None
    assert work.views
    desk.schedule = FrameSchedule()  # of the next connection

    desk.work(work)
    assert [numbers.due for numbers in desk.numbers[-1:]] == [False]
    desk.now += 0.1
    following = desk.next()
    assert following is not None
    desk.work(following)

    assert desk.numbers[-1].due
    assert "points/train" in desk.numbers[-1].tensors


def test_one_of_many_outputs_can_be_watched_and_a_single_one_cannot() -> None:
    many = Desk(data={"dataset": "blobs"})
    many.settle()

    assert many.say("watch", views=watched(unit=(2, 3))) == []
    (beyond,) = many.say("watch", views=watched(unit=(2, 4)))
    (single,) = Desk().say("watch", views=watched(unit=(2, 0)))

    assert (beyond["key"], beyond["values"]["outputs"]) == ("no-such-unit-or-output", 4)
    assert (single["code"], single["key"]) == ("invalid", "no-such-unit")
