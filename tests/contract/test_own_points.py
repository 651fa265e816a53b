"""What the page allows for own points is what the engine allows, and fits into a message."""

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from engine import Experiment
from engine.experiment import MAX_OWN_POINTS
from engine.registries.datasets import MAX_CLASSES
from server.protocol.commands import Configure
from server.protocol.parsing import parse
from server.settings import MAX_MESSAGE_BYTES

SOURCE = Path(__file__).parents[2] / "static/js/own-data/point-set.js"
CONSTANTS = {
    name: int(number)
    for name, number in re.findall(r"^export const ([A-Z_]+) = (\d+);", SOURCE.read_text(), re.MULTILINE)
}
FEWEST, FARTHEST = CONSTANTS["FEWEST_POINTS"], CONSTANTS["FARTHEST"]


def data(count: int, reach: float) -> dict[str, object]:
    return {"points": [(reach, -reach + index / 1e4, -1) for index in range(count)]}


def test_the_page_allows_as_many_points_and_classes_as_the_engine() -> None:
    assert CONSTANTS["MOST_POINTS"] == MAX_OWN_POINTS
    assert CONSTANTS["MOST_CLASSES"] == MAX_CLASSES


@pytest.mark.parametrize(("count", "reach"), [(FEWEST - 1, 1), (FEWEST, FARTHEST + 0.1)])
def test_fewer_and_farther_ones_are_refused(count: int, reach: float) -> None:
    Experiment.model_validate({"data": data(FEWEST, FARTHEST)})
    with pytest.raises(ValidationError):
        Experiment.model_validate({"data": data(count, reach)})


def test_the_longest_experiment_of_the_page_fits_into_a_message() -> None:
    experiment = Experiment.model_validate({"data": data(MAX_OWN_POINTS, 1)}).model_dump(mode="json")
    experiment["data"]["points"] = [[-999.9, -999.9, -999.9]] * MAX_OWN_POINTS
    experiment["features"] = ["x1", "x2", "x1²", "x2²", "x1x2", "sin x1", "sin x2"]
    experiment["network"] |= {"hidden": [32] * 10, "activation": ["leaky-relu"] * 10}

    message = json.dumps({"type": "configure", "id": 10**9, "experiment": experiment}, separators=(",", ":"))

    assert len(message.encode()) < MAX_MESSAGE_BYTES - 2000
    assert isinstance(parse(message), Configure)
