"""Classes: which class an output answers."""

import numpy as np
import pytest

from engine.insight.class_labels import predicted_classes, true_classes


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (0.0, [0, 0, 0, 0, 0, 0, 0]),
        (0.25, [1, 1, 0, 0, 0, 0, 0]),
        (0.5, [1, 1, 1, 0, 0, 0, 0]),
        (0.75, [1, 1, 1, 1, 0, 0, 0]),
        (1.0, [1, 1, 1, 1, 1, 0, 0]),
    ],
)
def test_one_output_is_class_0_from_the_threshold_on(threshold, expected):
    outputs = np.array([[-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0]])

    assert predicted_classes(outputs, threshold).tolist() == expected


def test_the_least_negative_output_is_still_class_1():
    assert predicted_classes(np.array([[-1e-300, -0.0, 1e-300]])).tolist() == [1, 0, 0]


def test_what_is_not_a_number_is_class_1():
    assert predicted_classes(np.array([[np.nan]]), 0.0).tolist() == [1]


def test_of_several_outputs_the_greatest_answers_and_the_first_on_a_tie():
    outputs = np.array([[0.1, -5.0, 2.0, 0.0], [0.7, -4.0, 2.0, 0.0], [0.2, -6.0, 1.0, 3.0]])

    assert predicted_classes(outputs).tolist() == [1, 1, 0, 2]
    assert predicted_classes(np.stack([outputs, -outputs])).tolist() == [[1, 1, 0, 2], [0, 2, 2, 0]]


def test_targets_are_plus_and_minus_one_or_one_hot():
    assert true_classes(np.array([[1.0, -1.0]])).tolist() == [0, 1]
    assert true_classes(np.eye(4)[:, [2, 0, 3]]).tolist() == [2, 0, 3]
