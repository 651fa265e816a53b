"""Samples: the split, the order of an epoch, and seeds that vary alone."""

from itertools import pairwise

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


def test_samples_are_read_only():
    data = Data()

    arrays = [*points(data), rows(data, ("x1", "x2"))]

    assert not any(array.flags.writeable for array in arrays)


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


def test_own_points_and_unshuffled_ones_are_read_only():
    for data in (
        Data(points=OWN),
        Data(points=OWN, shuffled=False),
        Data(shuffled=False),
        Data(classic_seed="1"),
    ):
        assert not any(array.flags.writeable for array in (*points(data), rows(data, ("x1",))))


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


# ------------------------------------------------------------------------------------- training, validation and test


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


# ------------------------------------------------------------------------------------------------------ wrong labels

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


# ------------------------------------------------------------------------------------------------------- rare classes

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


# ----------------------------------------------------------------------------------------- own points of many classes


def test_own_points_of_many_classes_keep_their_class_numbers():
    data = Data(points=MANY_OWN, point_classes=4, shuffled=False)

    drawn, targets = points(data)

    np.testing.assert_array_equal(np.hstack([drawn, targets]), MANY_OWN)
    assert rows(data, ("x1",)).shape == (40, 1 + 1 + 4)
    assert not rows(data, ("x1",))[:, -1].any()  # a class that no point has
