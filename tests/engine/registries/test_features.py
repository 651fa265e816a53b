"""Features: formulas, order, and the column of ones."""

import numpy as np
import pytest

from engine.registries.features import FEATURES, feature_rows
from tests.support.plain import PLAIN_FEATURES

POINTS = np.random.default_rng(7).uniform(-6, 6, (40, 2))


@pytest.mark.parametrize("key", PLAIN_FEATURES)
def test_a_feature_follows_its_formula(key):
    values = FEATURES[key].apply(POINTS[:, 0], POINTS[:, 1])

    expected = [PLAIN_FEATURES[key](x1, x2) for x1, x2 in POINTS.tolist()]
    # NumPy's sine differs in the last bit.
    np.testing.assert_allclose(values, expected, rtol=1e-15, atol=1e-15)


def test_rows_have_the_features_in_the_given_order_and_then_a_one():
    rows = feature_rows(["sin x2", "x1"], POINTS)

    np.testing.assert_array_equal(rows, np.column_stack([np.sin(POINTS[:, 1]), POINTS[:, 0], np.ones(40)]))


def test_all_features_together_fit_into_one_table():
    rows = feature_rows(list(FEATURES), POINTS)

    assert rows.shape == (40, len(FEATURES) + 1)
    assert np.isfinite(rows).all()


@pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda row: row.key)
def test_features_do_not_write_into_the_points(feature):
    points = POINTS.copy()
    points.flags.writeable = False

    feature_rows([feature.key], points)  # would raise
