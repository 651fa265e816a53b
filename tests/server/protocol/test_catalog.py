"""Catalogue: the engine's registries, whole, for the page."""

import pytest

from engine import Experiment
from engine.experiment import fields
from engine.registries.batch_orders import BATCH_ORDERS
from engine.registries.losses import PROBLEMS
from engine.schema import REGISTRIES
from server.protocol.catalog import catalog


@pytest.mark.parametrize("name", [*REGISTRIES, "problem"])
def test_every_row_of_every_registry_is_in_the_catalogue(name: str) -> None:
    registry = PROBLEMS if name == "problem" else REGISTRIES[name]
    list_name = "problems" if name == "problem" else catalog().fields[name].choices
    assert list_name is not None

    choices = getattr(catalog().choices, list_name)

    assert [(c.key, c.label, c.text, c.formula) for c in choices] == [
        (row.key, row.label, row.text, row.formula) for row in registry.values()
    ]


def test_every_field_is_described_with_the_default_and_the_limits_of_the_schema() -> None:
    schema = Experiment.model_json_schema()

    for name, field in catalog().fields.items():
        group, _, inner = name.partition(".")
        described = (
            schema["properties"][group] if not inner else schema["$defs"][group.title()]["properties"][inner]
        )
        assert field.label == described["title"]
        assert field.text
        assert field.minimum == described.get("minimum")
        assert field.maximum == described.get("maximum")
    assert catalog().fields.keys() == fields().keys()


def test_suggestions_lie_within_the_limits_and_contain_the_default() -> None:
    for name, field in catalog().fields.items():
        if field.suggestions is not None:
            assert field.minimum is not None
            assert field.maximum is not None
            assert all(field.minimum <= value <= field.maximum for value in field.suggestions), name
            assert field.default in field.suggestions, name


def test_fields_name_the_problems_that_they_are_for() -> None:
    assert catalog().fields["data.minority_share"].problems == ["classification", "multi-class"]
    assert catalog().fields["data.noise"].problems is None


def test_data_sets_say_how_many_classes_they_have() -> None:
    classes = {row.key: row.classes for row in catalog().choices.datasets}

    assert (classes["circle"], classes["plane"], classes["blobs"], classes["spiral-5"]) == (2, 0, 4, 5)


def test_stop_rules_say_whether_they_need_validation_samples() -> None:
    assert [row.key for row in catalog().choices.stops if row.needs_validation] == ["early-stopping"]


def test_thumbnails_are_drawn_by_the_real_generators() -> None:
    for dataset in catalog().choices.datasets:
        assert len(dataset.points) == 200
        assert all(abs(x1) <= 6 and abs(x2) <= 6 for x1, x2, _ in dataset.points)
    circle = catalog().choices.datasets[0]
    assert all((x1 * x1 + x2 * x2 < 2.5**2) == (target > 0) for x1, x2, target in circle.points)


def test_feature_tiles_are_the_right_way_up() -> None:
    tiles = {feature.key: feature.tile for feature in catalog().choices.features}

    assert tiles["x1"][0] == -127
    assert tiles["x1"][19] == 127
    assert tiles["x2"][0] == 127
    assert tiles["x2"][399] == -127


def test_batchings_are_offered() -> None:
    assert [choice.key for choice in catalog().choices.batchings] == list(BATCH_ORDERS)
