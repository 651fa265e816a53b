"""Samples: a class that has a smaller share."""

import numpy as np
import pytest

from engine.experiment import Data
from engine.registries.datasets import DATASETS
from engine.samples import class_numbers, points

CLASSED = [key for key, row in DATASETS.items() if row.problem != "regression"]


def class_sizes(data):
    return np.bincount(class_numbers(points(data)[1][:, 0], data.classes), minlength=data.classes).tolist()


@pytest.mark.parametrize("noise", [0.0, 1.0])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("key", CLASSED)
def test_the_last_class_has_its_share_and_the_others_the_rest_evenly(key, share, noise):
    data = Data(dataset=key, samples=250, minority_share=share, noise=noise)

    *others, last = class_sizes(data)

    assert last == round(share * 250)
    assert sum(others) == 250 - last
    assert max(others) - min(others) <= 1


@pytest.mark.parametrize("key", CLASSED)
def test_there_is_at_least_one_of_the_rare_class_and_at_most_half(key):
    fewest, most = (Data(dataset=key, samples=10, minority_share=share) for share in (0.001, 0.5))

    assert class_sizes(fewest)[-1] == 1
    assert class_sizes(most)[-1] == 5
    assert min(class_sizes(most)) == (5 if fewest.classes == 2 else (5 // (fewest.classes - 1)))


@pytest.mark.parametrize("classes", [3, 6])
def test_with_as_many_blobs_as_can_be_every_class_has_its_points(classes):
    options = {"classes": float(classes)}

    for share in (0.05, 0.5):
        data = Data(dataset="blobs", dataset_options=options, samples=90, minority_share=share)
        assert class_sizes(data)[-1] == round(90 * share)
        assert min(class_sizes(data)) > 0


def test_points_of_a_rare_class_lie_where_the_formula_says():
    drawn, targets = points(Data(minority_share=0.1))

    radius = np.hypot(*drawn.T)
    np.testing.assert_array_equal(targets[:, 0], np.where(radius < 2.5, 1.0, -1.0))


@pytest.mark.parametrize("key", CLASSED)
def test_no_point_is_taken_twice_and_the_seed_decides(key):
    one, again, other = (points(Data(dataset=key, minority_share=0.2, seed=seed))[0] for seed in (1, 1, 2))

    assert len(np.unique(one, axis=0)) == len(one) or key == "spiral"  # whose arms both begin at the centre
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_without_a_rare_class_the_points_are_those_of_the_set():
    np.testing.assert_array_equal(points(Data())[0], points(Data(minority_share=0.0))[0])
