"""Data sets: sizes, ranges, formulas, and what noise does."""

import math

import numpy as np
import pytest

from engine.datasets import DATASETS, EXTENT

LABEL_NOISE = ("circle", "xor", "plane", "multi-gauss")
POSITION_NOISE = ("gauss", "spiral")
REACH = {"circle": 5.0, "xor": 5.3, "spiral": 5.0, "plane": 6.0, "multi-gauss": 6.0}
"""The largest coordinate without noise; clouds have none."""


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
def test_all_numbers_are_finite_and_classes_are_plus_and_minus_one(key, noise):
    points, targets = draw(key, noise=noise)

    assert np.isfinite(points).all()
    assert np.isfinite(targets).all()
    if DATASETS[key].problem == "classification":
        assert set(targets) == {-1.0, 1.0}


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
@pytest.mark.parametrize("key", ["circle", "gauss", "spiral"])
def test_the_two_classes_are_equally_large_up_to_one_odd_sample(key, samples):
    _, targets = draw(key, samples)

    assert abs(targets.sum()) == samples % 2


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

    assert measured == pytest.approx(
        variance, rel=0.05
    )  # 20,000 numbers: √(2 / 20,000) = 1 %; five times that


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


@pytest.mark.parametrize("key", ["circle", "xor"])
def test_more_noise_flips_more_labels(key):
    clean = draw(key, 2000)[1]

    flipped = [(draw(key, 2000, noise)[1] != clean).mean() for noise in (0.1, 0.3, 1.0)]

    assert flipped == sorted(flipped)
    assert flipped[0] < flipped[-1]


@pytest.mark.parametrize("key", ["plane", "multi-gauss"])
def test_regression_noise_is_no_wider_than_the_slider_says(key):
    clean = draw(key)[1]
    noisy = draw(key, noise=0.1)[1]

    # A point is seen up to 0.6 away in each coordinate; the plane rises by 0.1 per unit, a bump by 0.5.
    steepest = {"plane": 0.1 * 2 * 0.6, "multi-gauss": 0.5 * math.hypot(0.6, 0.6)}[key]
    assert 0 < np.abs(noisy - clean).max() <= steepest + 1e-12  # rounding


@pytest.mark.parametrize("key", DATASETS)
def test_the_generator_decides_alone(key):
    np.testing.assert_array_equal(draw(key, seed=1)[0], draw(key, seed=1)[0])
    assert key == "spiral" or (draw(key, seed=1)[0] != draw(key, seed=2)[0]).any()


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda row: row.key)
def test_the_number_of_samples_offered_is_the_originals(dataset):
    assert dataset.samples == {"classification": 500, "regression": 1200}[dataset.problem]
