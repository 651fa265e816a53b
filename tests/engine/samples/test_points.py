"""Samples: the points, their split and their order in an epoch."""

import numpy as np
import pytest

from engine.experiment import Data
from engine.registries.datasets import DATASETS
from engine.registries.features import FEATURES
from engine.samples import class_numbers, order, points, rows
from engine.tf_playground_random import DATASETS as CLASSIC_DATASETS


@pytest.mark.parametrize("key", DATASETS)
def test_the_split_does_not_change_which_points_there_are(key):
    small, large = (Data(dataset=key, train_fraction=fraction) for fraction in (0.1, 0.9))

    np.testing.assert_array_equal(points(small)[0], points(large)[0])
    np.testing.assert_array_equal(points(small)[1], points(large)[1])


@pytest.mark.parametrize(
    ("samples", "fraction", "expected"),
    [(500, 0.5, 250), (100, 0.29, 29), (10, 0.1, 1), (10, 0.9, 9), (501, 0.5, 250)],
)
def test_the_training_share_is_rounded_down_exactly(samples, fraction, expected):
    data = Data(samples=samples, train_fraction=fraction)

    assert data.training_samples == expected


@pytest.mark.parametrize("key", DATASETS)
def test_both_classes_or_halves_are_in_the_training_and_in_the_test_set(key):
    data = Data(dataset=key)

    _, targets = points(data)

    for part in (targets[: data.training_samples], targets[data.training_samples :]):
        # Shuffled before the split: neither part may lack positive or negative targets, or one of many classes.
        if data.classes > 2:
            assert np.bincount(part[:, 0].astype(int)).min() > 0.1 * len(part)
        else:
            assert 0.1 < (part > 0).mean() < 0.9


@pytest.mark.parametrize("key", DATASETS)
def test_the_seed_alone_decides_the_points(key):
    first = points(Data(dataset=key, seed=1))[0].copy()
    other = points(Data(dataset=key, seed=2))[0]

    points.cache_clear()
    again = points(Data(dataset=key, seed=1))[0]

    np.testing.assert_array_equal(again, first)
    assert (other != first).any()


@pytest.mark.parametrize("key", ["circle", "xor", "plane", "multi-gauss", "checkerboard", "sine", "step"])
def test_the_noise_slider_keeps_points_and_order(key):
    clean, noisy = Data(dataset=key, seed=4), Data(dataset=key, seed=4, noise=0.5)

    np.testing.assert_array_equal(points(clean)[0], points(noisy)[0])


@pytest.mark.parametrize("key", ["gauss", "moons", "rings", "blobs", "spiral-3"])
def test_the_noise_slider_keeps_the_order_of_moved_points(key):
    clean, noisy = Data(dataset=key, seed=4), Data(dataset=key, seed=4, noise=0.5)

    np.testing.assert_array_equal(points(clean)[1], points(noisy)[1])


def test_rows_are_features_a_one_and_the_target():
    data = Data(seed=3)
    features = tuple(FEATURES)

    table = rows(data, features)

    drawn, targets = points(data)
    expected = [FEATURES[key].apply(drawn[:, 0], drawn[:, 1]) for key in features]
    np.testing.assert_array_equal(table, np.column_stack([*expected, np.ones(500), targets]))


@pytest.mark.parametrize("classes", [3, 4, 5, 6])
def test_with_many_classes_the_row_says_one_at_the_true_one_and_zero_at_the_others(classes):
    data = Data(dataset="blobs", dataset_options={"classes": float(classes)}, samples=60)

    table = rows(data, ("x1", "x2"))

    drawn, targets = points(data)
    np.testing.assert_array_equal(table[:, :3], np.column_stack([drawn, np.ones(60)]))
    wanted = [[float(number == target) for number in range(classes)] for (target,) in targets.tolist()]
    assert table[:, 3:].tolist() == wanted


def test_classes_are_numbered_from_zero_blue_first_of_two():
    assert class_numbers(np.array([1.0, -1.0]), 2).tolist() == [0, 1]
    assert class_numbers(np.array([0.0, 2.0, 5.0]), 6).tolist() == [0, 2, 5]


@pytest.mark.parametrize("samples", [1, 9, 250, 4095, 4096, 9000])
def test_every_epoch_visits_every_sample_once(samples):
    for epoch in (0, 1, 17, 1000):
        assert sorted(order(5, samples, epoch).tolist()) == list(range(samples))


def test_every_epoch_has_its_own_order():
    orders = {tuple(order(5, 30, epoch).tolist()) for epoch in range(300)}

    assert len(orders) == 300


def test_another_seed_gives_another_order():
    assert (order(1, 100, 0) != order(2, 100, 0)).any()


def test_an_order_does_not_depend_on_which_were_asked_for_before():
    before = order(8, 250, 40).copy()

    from_cache = order(8, 250, 40)
    for epoch in (3, 4000, 41):
        order(8, 250, epoch)

    np.testing.assert_array_equal(from_cache, before)
    np.testing.assert_array_equal(order(8, 250, 40), before)


OWN = tuple((i / 4, -i / 8, (-1.0) ** i) for i in range(40))


def test_own_points_are_all_there_and_nothing_else():
    data = Data(points=OWN, noise=0.5)

    drawn, targets = points(data)

    assert sorted(map(tuple, np.hstack([drawn, targets]).tolist())) == sorted(OWN)  # noise is for data sets


def test_own_points_in_their_order_are_split_where_the_share_says():
    data = Data(points=OWN, shuffled=False, train_fraction=0.3)

    drawn, targets = points(data)

    np.testing.assert_array_equal(np.hstack([drawn, targets]), OWN)
    assert data.training_samples == 12


def test_own_points_are_shuffled_by_the_seed():
    first, again, other = (points(Data(points=OWN, seed=seed))[0] for seed in (1, 1, 2))

    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("key", DATASETS)
def test_unshuffled_points_are_those_of_the_shuffled_set(key):
    shuffled, straight = (
        np.hstack(points(Data(dataset=key, seed=5, shuffled=flag))) for flag in (True, False)
    )

    assert sorted(shuffled.tolist()) == sorted(straight.tolist())
    assert (shuffled != straight).any()


@pytest.mark.parametrize("values", [{}, {"points": OWN}, {"classic_seed": "1"}], ids=str)
@pytest.mark.parametrize("shuffled", [True, False])
def test_samples_are_read_only(values, shuffled):
    data = Data(shuffled=shuffled, **values)

    assert not any(array.flags.writeable for array in (*points(data), rows(data, ("x1", "x2"))))


@pytest.mark.parametrize("samples", [10, 44, 500])
@pytest.mark.parametrize("key", CLASSIC_DATASETS)
def test_a_classic_seed_alone_decides_as_many_points_as_asked_for(key, samples):
    one, same, other = (
        points(Data(dataset=key, samples=samples, classic_seed=classic, seed=seed, shuffled=shuffled))[0]
        for classic, seed, shuffled in (("0.1", 0, True), ("0.1", 9, False), ("0.2", 0, True))
    )

    assert one.shape == (samples, 2)
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


@pytest.mark.parametrize(
    ("samples", "train", "validation", "expected"),
    [
        (500, 0.5, 0.0, (250, 0, 250)),
        (500, 0.5, 0.2, (250, 100, 150)),
        (100, 0.29, 0.29, (29, 29, 42)),
        (10, 0.5, 0.01, (5, 1, 4)),  # at least one, if any
        (10, 0.8, 0.1, (8, 1, 1)),
        (11, 0.7, 0.3, (7, 3, 1)),
        (501, 0.25, 0.5, (125, 250, 126)),
    ],
)
def test_shares_are_rounded_down_and_the_rest_is_for_the_test(samples, train, validation, expected):
    data = Data(samples=samples, train_fraction=train, validation_fraction=validation)

    sizes = (data.training_samples, data.validation_samples, data.test_samples)

    assert sizes == expected
    assert all(type(size) is int for size in sizes)


@pytest.mark.parametrize("key", DATASETS)
def test_validation_samples_are_taken_from_the_test_and_the_points_stay(key):
    without, with_some = Data(dataset=key), Data(dataset=key, validation_fraction=0.25)

    for ours, theirs in zip(points(without), points(with_some), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert with_some.training_samples == without.training_samples
    assert with_some.validation_samples + with_some.test_samples == without.test_samples


MANY_OWN = tuple((i / 4, -i / 8, float(i % 3)) for i in range(40))


def test_own_points_of_many_classes_keep_their_class_numbers():
    data = Data(points=MANY_OWN, point_classes=4, shuffled=False)

    drawn, targets = points(data)

    np.testing.assert_array_equal(np.hstack([drawn, targets]), MANY_OWN)
    assert rows(data, ("x1",)).shape == (40, 1 + 1 + 4)
    assert not rows(data, ("x1",))[:, -1].any()  # a class that no point has
