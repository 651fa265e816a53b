"""Samples: wrong labels among those for training."""

from itertools import pairwise

import numpy as np
import pytest

from engine.experiment import Data
from engine.registries.datasets import DATASETS
from engine.samples import points

OWN = tuple((i / 4, -i / 8, (-1.0) ** i) for i in range(40))


MANY_OWN = tuple((i / 4, -i / 8, float(i % 3)) for i in range(40))


SHARES = (0.05, 0.2, 0.35, 0.5)


def flipped(data, share):
    """Return which samples have another target than without wrong labels."""
    clean = data.model_copy(update={"label_flips": 0.0})
    return points(data.model_copy(update={"label_flips": share}))[1][:, 0] != points(clean)[1][:, 0]


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("key", [key for key, row in DATASETS.items() if row.problem != "regression"])
def test_so_many_training_samples_have_a_wrong_class_and_no_others(key, share):
    data = Data(dataset=key, train_fraction=0.4, validation_fraction=0.2)

    wrong = flipped(data, share)

    assert wrong[: data.training_samples].sum() == round(share * data.training_samples)
    assert not wrong[data.training_samples :].any()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(Data(classic_seed="0.1"), id="classic seed"),
        pytest.param(Data(points=OWN), id="own points of two classes"),
        pytest.param(Data(points=MANY_OWN, point_classes=3), id="own points of many classes"),
        pytest.param(Data(dataset="blobs", shuffled=False), id="not shuffled"),
        pytest.param(Data(dataset="spiral-5", minority_share=0.1), id="a rare class"),
    ],
)
def test_whatever_the_points_are_labels_can_be_wrong(data):
    before = points(data)[1].copy()

    wrong = flipped(data, 0.5)

    assert wrong[: data.training_samples].sum() == round(0.5 * data.training_samples)
    assert not wrong[data.training_samples :].any()
    np.testing.assert_array_equal(points(data)[1], before)


@pytest.mark.parametrize("key", ["circle", "blobs", "spiral-3", "plane", "step"])
def test_as_the_share_grows_wrong_labels_stay_and_others_join_them(key):
    data = Data(dataset=key, seed=7)
    targets = [points(data.model_copy(update={"label_flips": share}))[1] for share in SHARES]

    wrong = [flipped(data, share) for share in SHARES]

    for (fewer, few), (more, many) in pairwise(zip(wrong, targets, strict=True)):
        assert (fewer <= more).all()
        np.testing.assert_array_equal(many[fewer], few[fewer])


@pytest.mark.parametrize("key", ["circle", "spiral-5", "plane"])
def test_wrong_labels_move_no_points(key):
    clean, noisy = (points(Data(dataset=key, label_flips=share))[0] for share in (0.0, 0.5))

    np.testing.assert_array_equal(clean, noisy)


def test_wrong_classes_are_other_classes_and_all_of_them_occur():
    data = Data(dataset="spiral-5", samples=3000)
    wrong = flipped(data, 0.5)

    shifts = points(data.model_copy(update={"label_flips": 0.5}))[1] - points(data)[1]

    counts = np.bincount(shifts[wrong, 0].astype(int) % 5, minlength=5)
    # 750 of 1,500 training samples, evenly over four classes: 188 ± 12; five times that.
    assert counts[0] == 0
    assert counts.sum() == 750
    assert np.abs(counts[1:] - 187.5).max() < 60


def test_in_regression_a_wrong_value_is_that_of_another_training_sample():
    data = Data(dataset="plane", samples=400, train_fraction=0.3)
    clean = points(data)[1]

    noisy = points(data.model_copy(update={"label_flips": 0.5}))[1]

    training = data.training_samples
    assert (clean != noisy).sum() == round(0.5 * training)
    assert set(noisy[:training, 0]) <= set(clean[:training, 0])
    np.testing.assert_array_equal(clean[training:], noisy[training:])


@pytest.mark.parametrize("key", ["circle", "blobs", "plane"])
def test_a_single_training_sample_may_be_asked_to_be_wrong(key):
    data = Data(dataset=key, samples=10, train_fraction=0.1, label_flips=0.5)

    assert np.isfinite(points(data)[1]).all()


def test_another_data_seed_has_other_wrong_labels():
    one, other = (flipped(Data(points=OWN, shuffled=False, seed=seed), 0.5) for seed in (1, 2))

    assert (one != other).any()
