"""The original's random numbers."""

import pytest

from engine.tf_playground_random import DATASETS, SeedRandom, draw_points
from tests.support.validation import raises_naming


def test_the_numbers_are_those_of_the_original() -> None:
    random = SeedRandom("0.12345")

    # As seedrandom 2.4.4 gives them.
    assert [random.random() for _ in range(5)] == [
        0.9152007406557323,
        0.4702753218035592,
        0.2736265229359467,
        0.4061024686767439,
        0.17774293688520318,
    ]


@pytest.mark.parametrize("seed", ["", "x" * 257, "π"])
def test_a_seed_that_cannot_be_a_key_is_refused(seed: str) -> None:
    with raises_naming("seed", repr(seed)):
        SeedRandom(seed)


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_data_set_has_points_in_the_square_and_sensible_targets(dataset: str) -> None:
    points, targets = draw_points(SeedRandom("0.5"), dataset, 200, 0.1)

    assert points.shape == (200, 2)
    assert abs(points).max() < 8
    if dataset in ("plane", "multi-gauss"):
        assert abs(targets).max() < 1.5
    else:
        assert set(targets) == {-1.0, 1.0}


def test_points_are_shuffled() -> None:
    _, targets = draw_points(SeedRandom("0.5"), "gauss", 200, 0)

    assert 30 < (targets[:100] > 0).sum() < 70
