"""Data sets: sizes, ranges, formulas, and what noise does."""

import math

import numpy as np
import pytest

from engine.experiment import MAX_SAMPLES
from engine.registries.datasets import DATASETS, EXTENT, MAX_CLASSES
from engine.tf_playground_random import DATASETS as CLASSIC_DATASETS

LABEL_NOISE = ("circle", "xor", "plane", "multi-gauss", "checkerboard", "sine", "step")
POSITION_NOISE = ("gauss", "spiral", "moons", "rings", "blobs", "spiral-3", "spiral-5")
REACH = {
    "circle": 5.0,
    "xor": 5.3,
    "spiral": 5.0,
    "plane": 6.0,
    "multi-gauss": 6.0,
    "rings": 4.8,
    "checkerboard": 6.0,
    "spiral-3": 5.5,
    "spiral-5": 5.5,
    "sine": 6.0,
    "step": 6.0,
}
"""The largest coordinate without noise; clouds have none, and moons are wider than high."""

CLASSES = {"classification": 2, "regression": 0}
ARMS = {"spiral-3": 3, "spiral-5": 5}


def draw(key, samples=400, noise=0.0, seed=11, **options):
    row = DATASETS[key]
    numbers = {option.name: option.default for option in row.options} | options
    return row.draw(samples, noise, np.random.default_rng(seed), numbers)


def multi_gauss(x1, x2):
    bumps = [(-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1)]
    heights = [sign * max(0.0, 1 - math.dist((x1, x2), (c1, c2)) / 2) for c1, c2, sign in bumps]
    return max(heights, key=abs)


LABELS = {
    "circle": lambda x1, x2: 1.0 if math.hypot(x1, x2) < 2.5 else -1.0,
    "xor": lambda x1, x2: 1.0 if x1 * x2 >= 0 else -1.0,
    "plane": lambda x1, x2: (x1 + x2) / 10,
    "multi-gauss": multi_gauss,
    "checkerboard": lambda x1, x2: 1.0 if (math.floor(x1 / 3) + math.floor(x2 / 3)) % 2 == 0 else -1.0,
    "sine": lambda x1, x2: 0.8 * math.sin(x1),
    "step": lambda x1, x2: 0.5 if x1 > 0 else -0.5,
}
"""Target of a point without noise, where the point alone decides."""


@pytest.mark.parametrize("samples", [10, 11, 200, 501])
@pytest.mark.parametrize("key", DATASETS)
def test_there_are_as_many_points_and_targets_as_asked_for(key, samples):
    points, targets = draw(key, samples)

    assert points.shape == (samples, 2)
    assert targets.shape == (samples,)
    assert points.dtype == targets.dtype == np.float64


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("key", DATASETS)
def test_all_numbers_are_finite_and_classes_are_plus_and_minus_one_or_counted_from_zero(key, noise):
    points, targets = draw(key, noise=noise)

    assert np.isfinite(points).all()
    assert np.isfinite(targets).all()
    if DATASETS[key].problem == "classification":
        assert set(targets) == {-1.0, 1.0}
    elif DATASETS[key].problem == "multi-class":
        assert set(targets) == set(range({**ARMS, "blobs": 4}[key]))


@pytest.mark.parametrize("key", [key for key in DATASETS if key in REACH])
def test_points_fill_their_square_and_stay_inside(key):
    points, _ = draw(key, 2000)

    assert np.abs(points).max() <= REACH[key] <= EXTENT
    assert np.abs(points).max(axis=0).min() > 0.8 * REACH[key]


@pytest.mark.parametrize("key", LABELS)
def test_targets_without_noise_follow_the_formula(key):
    points, targets = draw(key)

    expected = [LABELS[key](x1, x2) for x1, x2 in points.tolist()]
    np.testing.assert_allclose(targets, expected, rtol=0, atol=1e-15)  # one rounding


@pytest.mark.parametrize("samples", [400, 401])
@pytest.mark.parametrize("key", ["circle", "gauss", "spiral", "moons"])
def test_the_two_classes_are_equally_large_up_to_one_odd_sample(key, samples):
    _, targets = draw(key, samples)

    assert abs(targets.sum()) == samples % 2


@pytest.mark.parametrize("samples", [400, 401, 403, 407])
@pytest.mark.parametrize("classes", [3, 4, 5, 6])
def test_as_many_blobs_as_asked_for_are_equally_large_up_to_odd_samples(classes, samples):
    _, targets = draw("blobs", samples, classes=float(classes))

    sizes = np.bincount(targets.astype(int))
    assert len(sizes) == classes
    assert np.ptp(sizes) <= 1


@pytest.mark.parametrize("samples", [400, 401, 404])
@pytest.mark.parametrize("key", ARMS)
def test_arms_are_equally_large_up_to_odd_samples(key, samples):
    sizes = np.bincount(draw(key, samples)[1].astype(int))

    assert len(sizes) == ARMS[key]
    assert np.ptp(sizes) <= 1


@pytest.mark.parametrize("key", DATASETS)
def test_a_data_set_says_how_many_classes_it_has(key):
    row = DATASETS[key]

    counts = [row.classes({"classes": float(k)}) for k in (3, MAX_CLASSES)]

    if key == "blobs":
        assert counts == [3, MAX_CLASSES]
    else:
        assert row.classes({}) == CLASSES.get(row.problem, ARMS.get(key))


@pytest.mark.parametrize("key", ARMS)
def test_arms_wind_once_about_the_centre_each_turned_by_a_share_of_the_circle(key):
    points, targets = draw(key, 3000)

    # A point is at most 0.3 √2 from its arm: from the nearest of a thousand places on it, 0.03 apart.
    along = np.arange(1001) / 1000
    for arm in range(ARMS[key]):
        angle = 2 * np.pi * (along + arm / ARMS[key])
        places = (0.4 + 4.8 * along)[:, None] * np.column_stack([np.sin(angle), np.cos(angle)])
        mine = points[targets == arm]
        distances = np.hypot(*(mine[:, None] - places).transpose(2, 0, 1))
        assert distances.min(axis=1).max() <= 0.3 * math.sqrt(2) + 0.03
        assert distances.min(axis=0).max() < 0.5  # the arm is filled from its beginning to its end


def test_moons_are_two_half_circles_of_radius_three():
    points, targets = draw("moons", 2000)

    upper, lower = points[targets > 0], points[targets < 0]
    np.testing.assert_allclose(np.hypot(*(upper - [-1.5, -0.75]).T), 3, rtol=1e-14)  # a few roundings
    np.testing.assert_allclose(np.hypot(*(lower - [1.5, 0.75]).T), 3, rtol=1e-14)
    assert upper[:, 1].min() >= -0.75
    assert lower[:, 1].max() <= 0.75
    # A thousand angles, evenly over π: the outermost lie within a hundredth of the ends.
    np.testing.assert_allclose(
        [upper.min(axis=0), lower.max(axis=0)], [[-4.5, -0.75], [4.5, 0.75]], atol=0.05
    )


def test_moons_cannot_be_parted_by_a_line():
    points, targets = draw("moons", 2000)

    # The points of each moon between the tips of the other one.
    assert ((targets > 0) & (points[:, 0] > 0.5) & (points[:, 1] < 0.5)).any()
    assert ((targets < 0) & (points[:, 0] < -0.5) & (points[:, 1] > -0.5)).any()


def test_rings_lie_round_a_disc_in_turn_of_the_one_and_the_other_class():
    points, targets = draw("rings", 3000)

    radius = np.hypot(*points.T)
    inner, middle, outer = (np.abs(radius - centre) <= 0.6 for centre in (0.6, 2.5, 4.3))
    assert (inner | middle | outer).all()
    assert [part.sum() for part in (inner, middle, outer)] == [1000, 1000, 1000]
    assert (targets[inner | outer] == 1).all()
    assert (targets[middle] == -1).all()
    assert radius[middle].min() >= 2
    assert radius[middle].max() <= 3
    assert radius[outer].min() >= 3.8
    assert radius[outer].max() <= 4.8


@pytest.mark.parametrize("classes", [3, 4, 5, 6])
@pytest.mark.parametrize(("noise", "variance"), [(0.0, 0.3), (0.1, 0.7), (1.0, 4.3)])
def test_blobs_are_clouds_on_a_circle_whose_variance_the_noise_sets(classes, noise, variance):
    points, targets = draw("blobs", 12_000, noise, classes=float(classes))

    centres = np.array(
        [
            (3.5 * math.sin(2 * math.pi * k / classes), 3.5 * math.cos(2 * math.pi * k / classes))
            for k in range(classes)
        ]
    )
    # 24,000 numbers: √(2 / 24,000) = 0.9 %; five times that.
    assert (points - centres[targets.astype(int)]).var() == pytest.approx(variance, rel=0.045)
    # At least 2,000 numbers make a mean: five times √(variance / 2,000).
    for k in range(classes):
        mean = points[targets == k].mean(axis=0)
        np.testing.assert_allclose(mean, centres[k], atol=5 * math.sqrt(variance / 2000))


def test_circle_is_a_disc_and_a_ring_evenly_spread_over_the_radius():
    points, targets = draw("circle", 4000)

    radius = np.hypot(*points.T)
    inner, outer = radius[targets > 0], radius[targets < 0]
    assert inner.max() <= 2.5
    assert outer.min() >= 3.5
    assert outer.max() <= 5
    # 2,000 draws evenly over a length of 2.5 and of 1.5: the mean is good to 0.016 and 0.01; five times that.
    assert inner.mean() == pytest.approx(1.25, abs=0.08)
    assert outer.mean() == pytest.approx(4.25, abs=0.05)


def test_xor_keeps_a_gap_around_the_axes():
    points, _ = draw("xor", 2000)

    assert np.abs(points).min() >= 0.3


def test_gauss_is_a_cloud_about_each_centre():
    points, targets = draw("gauss", 4000)

    # Standard error of a mean of 2,000: √(½ / 2000) = 0.016; five times that.
    np.testing.assert_allclose(points[targets > 0].mean(axis=0), [2, 2], atol=0.08)
    np.testing.assert_allclose(points[targets < 0].mean(axis=0), [-2, -2], atol=0.08)


@pytest.mark.parametrize(("noise", "variance"), [(0.0, 0.5), (0.1, 1.2), (0.5, 4.0), (1.0, 7.5)])
def test_the_noise_of_gauss_sets_the_variance(noise, variance):
    points, targets = draw("gauss", 10_000, noise)

    measured = (points - 2 * targets[:, None]).var()

    # 20,000 numbers: √(2 / 20,000) = 1 %; five times that.
    assert measured == pytest.approx(variance, rel=0.05)


def test_spiral_has_two_arms_of_one_and_three_quarter_turns():
    points, targets = draw("spiral", 200)

    for sign, turned in ((1.0, 0.0), (-1.0, math.pi)):
        i = np.arange(100)
        angle = 1.75 * 2 * np.pi * i / 100 + turned
        expected = (5 * i / 100)[:, None] * np.column_stack([np.sin(angle), np.cos(angle)])
        np.testing.assert_allclose(points[targets == sign], expected, rtol=0, atol=1e-14)  # sine of up to 14


@pytest.mark.parametrize("key", LABEL_NOISE)
def test_noise_changes_targets_but_no_positions(key):
    clean_points, clean_targets = draw(key)
    noisy_points, noisy_targets = draw(key, noise=0.5)

    np.testing.assert_array_equal(noisy_points, clean_points)
    changed = (noisy_targets != clean_targets).mean()
    assert changed > 0.05


@pytest.mark.parametrize("key", POSITION_NOISE)
def test_noise_moves_points_but_changes_no_targets(key):
    clean_points, clean_targets = draw(key)
    noisy_points, noisy_targets = draw(key, noise=0.5)

    np.testing.assert_array_equal(noisy_targets, clean_targets)
    assert (noisy_points != clean_points).all()


def test_every_data_set_is_said_to_have_one_kind_of_noise_here():
    assert {*LABEL_NOISE, *POSITION_NOISE} == set(DATASETS)


@pytest.mark.parametrize("key", POSITION_NOISE)
def test_the_noise_slider_moves_each_point_along_one_line(key):
    at_zero, _ = draw(key)
    slightly, _ = draw(key, noise=0.2)
    strongly, _ = draw(key, noise=0.8)

    little, much = slightly - at_zero, strongly - at_zero
    cross = little[:, 0] * much[:, 1] - little[:, 1] * much[:, 0]
    np.testing.assert_allclose(cross, 0, atol=1e-12)  # rounding of products of numbers up to 10
    assert (np.hypot(*much.T) > np.hypot(*little.T)).all()


@pytest.mark.parametrize("key", ["circle", "xor", "checkerboard"])
def test_more_noise_flips_more_labels(key):
    clean = draw(key, 2000)[1]

    flipped = [(draw(key, 2000, noise)[1] != clean).mean() for noise in (0.1, 0.3, 1.0)]

    assert flipped == sorted(flipped)
    assert flipped[0] < flipped[-1]


@pytest.mark.parametrize("key", ["plane", "multi-gauss", "sine", "step"])
def test_regression_noise_is_no_wider_than_the_slider_says(key):
    clean = draw(key)[1]
    noisy = draw(key, noise=0.1)[1]

    # A point is seen up to 0.6 away in each coordinate; the plane rises by 0.1 per unit, a bump by 0.5. Sine and step
    # have their noise in the value itself.
    steepest = {"plane": 0.1 * 2 * 0.6, "multi-gauss": 0.5 * math.hypot(0.6, 0.6), "sine": 0.1, "step": 0.1}[
        key
    ]
    assert 0 < np.abs(noisy - clean).max() <= steepest + 1e-12  # rounding


@pytest.mark.parametrize("key", DATASETS)
def test_the_generator_decides_alone(key):
    np.testing.assert_array_equal(draw(key, seed=1)[0], draw(key, seed=1)[0])
    assert key == "spiral" or (draw(key, seed=1)[0] != draw(key, seed=2)[0]).any()


@pytest.mark.parametrize("key", CLASSIC_DATASETS)
def test_the_number_of_samples_offered_is_the_originals(key):
    assert DATASETS[key].samples == {"classification": 500, "regression": 1200}[DATASETS[key].problem]


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda row: row.key)
def test_the_number_of_samples_offered_is_allowed(dataset):
    assert 10 <= dataset.samples <= MAX_SAMPLES


def test_the_noise_of_the_checkerboard_spares_what_is_far_from_a_border():
    points, clean = draw("checkerboard", 4000)
    noisy = draw("checkerboard", 4000, 0.2)[1]

    # Seen at most 0.6 away: what is further than that from every border keeps its label.
    border = np.abs((points + 1.5) % 3 - 1.5).min(axis=1)
    assert (noisy != clean)[border < 0.6].any()
    assert (noisy == clean)[border > 0.6].all()
