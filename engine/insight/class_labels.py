"""Predicted classes of outputs and true classes of targets.

Two classes share one output, −1 … 1: class 0 is +1 (blue), class 1 is −1 (orange). Of three or more, class k has
output k.
"""

import numpy as np

from engine.arrays import FloatArray, IndexArray, RealArray


def predicted_classes(outputs: RealArray, threshold: float = 0.5) -> IndexArray:
    """Return the predicted class of each column.

    Of several outputs the greatest decides (the first one on a tie). A single output a, clipped to −1 … 1, means the
    probability (1 + a)/2 of class 0.

    Args:
        outputs: (…, outputs, columns), any numbers; a single output that is NaN means class 1.
        threshold: the probability, 0 … 1, from which class 0 is predicted; not used with several outputs.

    Returns:
        (…, columns), 0 … classes − 1.
    """
    if outputs.shape[-2] > 1:
        greatest: IndexArray = outputs.argmax(axis=-2)
        return greatest
    # The output is compared, not the probability: adding 1 would round small negative outputs up to the threshold.
    positive = np.clip(outputs[..., 0, :], -1.0, 1.0) >= 2 * threshold - 1
    return np.where(positive, 0, 1).astype(np.intp)


def true_classes(targets: FloatArray) -> IndexArray:
    """Return the class of each target: (…, columns) from targets (…, outputs, columns)."""
    return predicted_classes(targets)
