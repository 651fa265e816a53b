"""Stacks: what can train together does, and everything comes back in order."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin
from engine.training import grouping
from tests.support.strategies import experiments, law


@given(st.lists(experiments(), max_size=8))
@law(20)
def test_every_experiment_is_in_one_stack_and_every_stack_can_begin(drawn: list[Experiment]) -> None:
    groups = grouping.group(drawn)

    assert sorted(position for stack in groups for position in stack) == list(range(len(drawn)))
    for stack in groups:
        begin([drawn[position] for position in stack])


def test_numbers_and_seeds_share_a_stack_and_shapes_do_not() -> None:
    rates = [Experiment.model_validate({"training": {"learning_rate": rate}}) for rate in (0.1, 0.2, 0.3)]
    wide = Experiment.model_validate({"network": {"hidden": [9]}})
    regression = Experiment.model_validate({"data": {"dataset": "plane", "samples": 500}})

    groups = grouping.group([rates[0], wide, rates[1], regression, rates[2]])

    assert groups == [(0, 2, 4), (1,), (3,)]


def test_different_numbers_of_classes_do_not_share_a_stack() -> None:
    own = [[0.5 * i, 1.0, float(i % 3)] for i in range(60)]
    data: list[dict[str, Any]] = [
        {"dataset": "spiral-3"},
        {"dataset": "blobs"},
        {"dataset": "blobs", "dataset_options": {"classes": 3}},
        {"dataset": "spiral-5"},
        {"dataset": "circle"},
        {"dataset": "plane", "points": own, "point_classes": 3},
        {"dataset": "blobs", "dataset_options": {"classes": 5}},
        {"dataset": "moons"},
    ]

    groups = grouping.group([Experiment.model_validate({"data": {"samples": 60, **one}}) for one in data])

    assert groups == [(0, 2, 5), (1,), (3, 6), (4, 7)]


def test_what_is_done_to_the_data_may_differ_in_a_stack_but_not_how_they_are_split() -> None:
    data: list[dict[str, Any]] = [
        {},
        {"label_flips": 0.2},
        {"minority_share": 0.1},
        {"scaling": "unit-range"},
        {"validation_fraction": 0.1},
        {"train_fraction": 0.6},
    ]

    groups = grouping.group([Experiment.model_validate({"data": one}) for one in data])

    assert groups == [(0, 1, 2, 3), (4,), (5,)]


def test_no_stack_is_larger_than_allowed() -> None:
    many = [Experiment.model_validate({"network": {"seed": seed}}) for seed in range(300)]

    assert [len(stack) for stack in grouping.group(many)] == [256, 44]


def test_results_come_back_in_the_callers_order() -> None:
    mixed = [
        Experiment.model_validate(
            {"data": {"samples": 20}, "network": {"hidden": [1 + seed % 2], "seed": seed}}
        )
        for seed in range(5)
    ]
    groups = grouping.group(mixed)

    reports = [advance(begin([mixed[i] for i in stack]), epochs=3)[1] for stack in groups]
    losses = grouping.in_order(groups, [list(report.test_loss) for report in reports])

    for experiment, loss in zip(mixed, losses, strict=True):
        assert np.array_equal(loss, advance(begin(experiment), epochs=3)[1].test_loss[0])


def test_results_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError):
        grouping.in_order([(0, 1)], [["only one"]])
