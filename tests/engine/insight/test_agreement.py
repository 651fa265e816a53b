"""Consensus: against loops over the boundaries of the networks."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, boundary, consensus, set_parameter
from tests.support.strategies import law, stacks, varied
from tests.support.validation import raises_naming


@law(40)
@given(stack=stacks(smallest=1), resolution=st.integers(2, 6))
def test_mean_spread_and_agreement_are_those_of_the_boundaries(stack, resolution):
    run = begin(stack)
    region = (-20, 6, 0, 7)

    together = consensus(run, resolution, region=region)

    pictures = boundary(run, resolution, region=region).astype(np.float64)
    expected = pictures.mean(axis=0)
    deviation = np.sqrt(np.square(pictures - expected).mean(axis=0))
    size = np.abs(pictures).max()
    np.testing.assert_allclose(together.mean, expected, rtol=1e-6, atol=1e-7 * size)  # float32
    np.testing.assert_allclose(together.spread, deviation, rtol=1e-6, atol=1e-7 * size)
    assert together.mean.dtype == together.spread.dtype == np.float32
    assert together.mean.shape == together.spread.shape == (stack[0].outputs, resolution, resolution)
    if stack[0].problem == "regression":
        assert together.agreement is None
        return
    assert together.agreement is not None
    for row, column in np.ndindex(resolution, resolution):
        said = pictures[:, :, row, column]
        answered = said[:, 0] >= 0 if stack[0].outputs == 1 else said.argmax(axis=1)
        (_, most), *_ = Counter(answered.tolist()).most_common(1)
        assert together.agreement[row, column] == most / len(stack)


def test_a_single_network_agrees_with_itself():
    run = begin(Experiment())

    alone = consensus(run)

    np.testing.assert_array_equal(alone.mean, boundary(run)[0])
    assert not alone.spread.any()
    assert alone.agreement is not None
    assert (alone.agreement == 1).all()
    assert alone.agreement.shape == (100, 100)


def saying(*answers):
    """Return a stack of which every network answers the same all over the plane."""
    experiment = varied(
        Experiment(), network={"hidden": (), "initializer": "zeros"}, objective={"loss": "hinge"}
    )
    parameters = [set_parameter(begin(experiment), 0, 0, -1, answer).parameters for answer in answers]
    return replace(begin([experiment] * len(answers)), parameters=np.concatenate(parameters))


def test_nine_of_ten_are_not_fewer_than_nine_tenths():
    agreement = consensus(saying(*[1.0] * 9, -1.0), 2).agreement

    assert agreement is not None
    assert agreement.tolist() == [[0.9, 0.9]] * 2
    assert agreement.dtype == np.float64


def test_an_answer_of_0_is_with_the_positive_ones_as_in_the_accuracy():
    agreement = consensus(saying(0.0, 1.0, -1.0), 2).agreement

    assert agreement is not None
    assert agreement.tolist() == [[2 / 3, 2 / 3]] * 2


def test_the_spread_is_the_standard_deviation_of_the_answers():
    together = consensus(saying(1.0, 3.0, -1.0, 1.0), 2)

    assert together.mean.tolist() == [[[1, 1], [1, 1]]]
    np.testing.assert_allclose(together.spread, np.sqrt(2), rtol=1e-7)  # float32


@pytest.mark.parametrize("classes", [3, 6])
@pytest.mark.parametrize("scaling", ["none", "standardise"])
def test_more_than_two_classes_vote_for_the_greatest_output(scaling, classes):
    experiment = Experiment.model_validate(
        {
            "data": {"dataset": "blobs", "dataset_options": {"classes": classes}, "scaling": scaling},
            "network": {"hidden": []},
        }
    )
    run = begin([varied(experiment, network={"seed": seed}) for seed in range(7)])

    together = consensus(run, 5)

    chosen = boundary(run, 5).argmax(axis=1)
    assert together.mean.shape == together.spread.shape == (classes, 5, 5)
    np.testing.assert_allclose(together.mean.sum(axis=0), 1, rtol=1e-6)  # probabilities, in float32
    assert together.agreement is not None
    for row, column in np.ndindex(5, 5):
        most = max(Counter(chosen[:, row, column].tolist()).values())
        assert together.agreement[row, column] == most / 7
    assert len(np.unique(together.agreement)) > 2


def test_starts_agree_where_there_are_data_more_than_where_there_are_none():
    experiment = varied(Experiment(), data={"dataset": "gauss"}, network={"activation": "tanh"})
    run, _ = advance(begin([varied(experiment, network={"seed": seed}) for seed in range(10)]), epochs=10)

    near, far = (consensus(run, 30, region=region).agreement for region in ((1, 3, 1, 3), (-6, -2, 2, 6)))

    assert near is not None
    assert far is not None
    assert (near < 0.9).mean() < (far < 0.9).mean()


def test_networks_that_have_diverged_take_no_part():
    run = saying(1.0, -1.0, 0.5, 1e30, -1.0)
    lost = np.array([False, True, False, True, False])

    together = consensus(replace(run, diverged=lost), 2)

    kept = consensus(saying(1.0, 0.5, -1.0), 2)
    assert (together.replicas, consensus(run, 2).replicas) == (3, 5)
    np.testing.assert_array_equal(together.mean, kept.mean)
    np.testing.assert_array_equal(together.spread, kept.spread)
    np.testing.assert_array_equal(together.agreement, [[2 / 3, 2 / 3]] * 2)


@pytest.mark.parametrize("dataset", ["circle", "plane", "blobs"])
def test_where_all_have_diverged_nothing_is_said(dataset):
    experiment = Experiment.model_validate({"data": {"dataset": dataset}, "network": {"hidden": [2]}})
    run = begin([experiment] * 3)

    together = consensus(replace(run, diverged=np.ones(3, dtype=bool)), 4)

    assert together.replicas == 0
    assert together.mean.shape == together.spread.shape == (experiment.outputs, 4, 4)
    assert np.isnan(together.mean).all()
    assert np.isnan(together.spread).all()
    assert (together.agreement is None) == (dataset == "plane")
    assert together.agreement is None or np.isnan(together.agreement).all()


def test_a_region_or_resolution_out_of_range_is_refused():
    with raises_naming("resolution", 1, "2 … 1000"):
        consensus(begin(Experiment()), 1)
    with raises_naming("region", "x1", 3, 2):
        consensus(begin(Experiment()), region=(3, 2, 0, 1))


def test_outputs_that_overflow_do_not_warn():
    experiment = varied(Experiment(), data={"dataset": "plane"}, network={"hidden": ()})
    run = set_parameter(begin([experiment] * 2), 0, 0, 0, 1e300)

    together = consensus(run, 4)

    assert np.isinf(together.mean).all()
    assert np.isnan(together.spread).all()
