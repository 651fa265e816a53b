"""Scalings: what they make of the training samples, and that they look at nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin
from engine.experiment import Data
from engine.registries.datasets import DATASETS
from engine.registries.features import FEATURES, feature_rows
from engine.registries.scalers import SCALERS
from engine.samples import points, rows, shift_and_scale
from tests.support.plain import plain_inputs
from tests.support.strategies import law, varied

ALL = tuple(FEATURES)
FITTED = [key for key, row in SCALERS.items() if row.fit is not None]


def inputs(data, features=ALL):
    """Return what the network reads (samples, features), without the constant 1 and the targets."""
    return rows(data, features)[:, : len(features)]


def fitted(key, features):
    fit = SCALERS[key].fit
    assert fit is not None
    return fit(features)


@pytest.mark.parametrize("dataset", DATASETS)
def test_standardised_training_samples_have_mean_zero_and_spread_one(dataset):
    data = Data(dataset=dataset, scaling="standardise", validation_fraction=0.2)

    seen = inputs(data)[: data.training_samples]

    # Hundreds of numbers up to 36, added up: roundings of 1e-14.
    np.testing.assert_allclose(seen.mean(axis=0), 0, rtol=0, atol=1e-13)
    np.testing.assert_allclose(seen.std(axis=0), 1, rtol=1e-13)


@pytest.mark.parametrize("dataset", DATASETS)
def test_training_samples_in_unit_range_fill_minus_one_to_one(dataset):
    data = Data(dataset=dataset, scaling="unit-range", validation_fraction=0.2)

    seen = inputs(data)[: data.training_samples]

    # One rounding of the middle, one of the half: numbers up to 36.
    np.testing.assert_allclose(seen.min(axis=0), -1, rtol=0, atol=1e-14)
    np.testing.assert_allclose(seen.max(axis=0), 1, rtol=0, atol=1e-14)


@pytest.mark.parametrize("key", SCALERS)
def test_the_network_reads_what_plain_loops_make_of_the_points(key):
    data = Data(dataset="gauss", noise=0.3, scaling=key, seed=3)

    expected = plain_inputs(ALL, key, points(data)[0].tolist(), data.training_samples)

    np.testing.assert_allclose(inputs(data), expected, rtol=1e-12, atol=1e-13)  # two orders of adding up


def test_without_scaling_nothing_is_changed():
    data = Data()

    assert shift_and_scale(data, ALL) is None
    np.testing.assert_array_equal(inputs(data), feature_rows(ALL, points(data)[0])[:, :-1])


@pytest.mark.parametrize("key", FITTED)
@law(60)
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_a_scaled_feature_keeps_its_order_and_its_size_is_bounded(key, values):
    column = np.array(values)[:, None]

    shift, divisor = fitted(key, column)

    scaled = (column - shift) / divisor
    assert (divisor > 0).all()
    assert (np.diff(scaled[np.argsort(column[:, 0]), 0]) >= 0).all()
    # One of n numbers is at most √n spreads from the mean; in unit range at most 1 from the middle. Roundings.
    assert np.abs(scaled).max() <= (np.sqrt(len(values)) if key == "standardise" else 1.0) * (1 + 1e-9)


@pytest.mark.parametrize("value", [0.0, 0.1, -3.7, 1000.0])
@pytest.mark.parametrize("key", FITTED)
def test_a_feature_that_never_changes_becomes_zero_and_is_not_blown_up(key, value):
    column = np.full((7, 1), value)  # in binary, seven times 0.1 is not 0.7

    shift, divisor = fitted(key, column)

    assert divisor.tolist() == [1.0]
    np.testing.assert_allclose(column - shift, 0, rtol=0, atol=1e-12)  # one rounding of a thousand


@pytest.mark.parametrize("key", FITTED)
def test_points_on_a_line_train_with_a_feature_that_never_changes(key):
    line = tuple((0.1, i / 4 - 5, (-1.0) ** (i > 20)) for i in range(40))
    experiment = varied(Experiment(), data={"points": line, "samples": 40, "scaling": key})

    _, report = advance(begin(experiment), epochs=20)

    assert np.abs(inputs(experiment.data, ("x1",))).max() < 1e-12
    assert report.test_loss[0, -1] < report.test_loss[0, 0]


def moved(table, where):
    """Return own points of which some are far away."""
    return tuple((x1 * 50, x2 * 50, y) if i in where else (x1, x2, y) for i, (x1, x2, y) in enumerate(table))


@pytest.mark.parametrize("key", FITTED)
def test_only_training_samples_decide_the_scale(key):
    generator = np.random.default_rng(5)
    table = tuple((x1, x2, 1.0) for x1, x2 in generator.normal(size=(40, 2)).round(3).tolist())
    parts = {"train_fraction": 0.5, "validation_fraction": 0.25, "shuffled": False, "scaling": key}
    data = Data.model_validate({"points": table, **parts})
    elsewhere = Data.model_validate({"points": moved(table, range(20, 40)), **parts})
    itself = Data.model_validate({"points": moved(table, {0}), **parts})

    known, others, own = (np.array(shift_and_scale(one, ALL)) for one in (data, elsewhere, itself))

    np.testing.assert_array_equal(known, others)
    assert (known != own).any()


@pytest.mark.parametrize("key", FITTED)
def test_every_feature_is_scaled_by_itself(key):
    data = Data(scaling=key)

    together = inputs(data, ALL)

    for i, feature in enumerate(ALL):
        np.testing.assert_allclose(  # the mean of a column beside others adds up in another order
            together[:, i], inputs(data, (feature,))[:, 0], rtol=1e-12, atol=1e-13
        )


@pytest.mark.parametrize("key", SCALERS)
def test_the_constant_one_and_the_targets_are_not_scaled(key):
    data = Data(dataset="plane", scaling=key)

    table = rows(data, ("x1", "x2"))

    assert (table[:, 2] == 1).all()
    np.testing.assert_array_equal(table[:, 3:], points(data)[1])


@pytest.mark.parametrize("key", FITTED)
def test_the_scale_says_how_features_and_the_one_become_what_is_read(key):
    data = Data(scaling=key)

    shift, divisor = np.array(shift_and_scale(data, ALL))

    expected = (feature_rows(ALL, points(data)[0]) - shift) / divisor
    np.testing.assert_array_equal(rows(data, ALL)[:, :-1], expected)


@pytest.mark.parametrize("key", FITTED)
def test_the_same_network_trains_differently_on_scaled_features(key):
    plain = varied(Experiment(), data={"dataset": "plane"})
    scaled = varied(plain, data={"scaling": key})

    assert (
        advance(begin(plain), steps=1)[0].parameters != advance(begin(scaled), steps=1)[0].parameters
    ).any()
    np.testing.assert_array_equal(begin(plain).parameters, begin(scaled).parameters)
