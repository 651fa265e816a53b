"""Confusion matrices, recall and precision."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import FloatArray, IndexArray
from engine.insight.class_labels import predicted_classes, true_classes
from engine.run import Run
from engine.samples import columns
from engine.training.evaluation import Losses
from engine.training.workspace import borrow, sources

CountArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Confusion matrices: rows are the true classes, columns the predicted ones.

    Of two classes, class 0 is +1 (blue), class 1 is −1 (orange); of more, class k has output k.

    Attributes:
        train: (replicas, classes, classes) int64, numbers of training samples.
        validation: likewise for the validation samples; all 0 if there are none.
        test: likewise for the test samples.
    """

    train: CountArray
    validation: CountArray
    test: CountArray

    @property
    def train_recall(self) -> FloatArray:
        """Share of each class's training samples that are predicted right, (replicas, classes); NaN without samples."""
        return _recall(self.train)

    @property
    def validation_recall(self) -> FloatArray:
        """Likewise for the validation samples."""
        return _recall(self.validation)

    @property
    def test_recall(self) -> FloatArray:
        """Likewise for the test samples."""
        return _recall(self.test)

    @property
    def train_precision(self) -> FloatArray:
        """Share of the training samples predicted as a class that are right, (replicas, classes); NaN without any."""
        return _precision(self.train)

    @property
    def validation_precision(self) -> FloatArray:
        """Likewise for the validation samples."""
        return _precision(self.validation)

    @property
    def test_precision(self) -> FloatArray:
        """Likewise for the test samples."""
        return _precision(self.test)


def confusion(run: Run, *, threshold: float = 0.5) -> Confusion:
    """Return the confusion matrices of a run over all samples.

    Args:
        run: any run of a classification.
        threshold: the probability of the positive class (+1), 0 … 1, from which a sample counts as positive. The
            probability is (1 + output)/2, with outputs (of the hinge loss) clipped to −1 … 1. At ½ the share on the
            diagonal is the accuracy. For two classes only; of more, the greatest output decides.

    Raises:
        ValueError: the problem is a regression, the threshold is out of range, or it is given for more than two
            classes.
    """
    one = run.experiment
    if one.problem == "regression":
        given = one.data.dataset if one.data.points is None else "data.points"
        raise ValueError(f"{given} poses a regression, which has no classes to confuse")
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold is {threshold}; it must be 0 … 1")
    outputs = one.sizes[-1]
    if outputs > 1 and threshold != 0.5:
        raise ValueError(f"threshold is {threshold}; it is for two classes, and there are {outputs}")
    with borrow(run) as workspace:
        sums, predicted, _ = Losses.of(run, workspace).predictions()
        targets = np.stack([columns(data, features)[-outputs:] for data, features in sources(run)])
        # Of several classes by the sums, as in the accuracy: probabilities may be equal by rounding where sums differ.
        found = predicted_classes(predicted if outputs == 1 else sums, threshold)
    true = np.broadcast_to(true_classes(targets), found.shape)
    ends = np.cumsum([one.data.training_samples, one.data.validation_samples])
    train, validation, test = (
        count(*pair, one.data.classes)
        for pair in zip(np.split(true, ends, axis=1), np.split(found, ends, axis=1), strict=True)
    )
    return Confusion(train, validation, test)


def count(true: IndexArray, predicted: IndexArray, classes: int) -> CountArray:
    """Count pairs of classes (replicas, samples) in a matrix (replicas, classes, classes), [r, true, predicted]."""
    replicas = len(true)
    cells = (np.arange(replicas)[:, None] * classes + true) * classes + predicted
    counts = np.bincount(cells.ravel(), minlength=replicas * classes * classes)
    return counts.astype(np.int64).reshape(replicas, classes, classes)


def _recall(counts: CountArray) -> FloatArray:
    return _share(np.diagonal(counts, axis1=1, axis2=2), counts.sum(axis=2))


def _precision(counts: CountArray) -> FloatArray:
    return _share(np.diagonal(counts, axis1=1, axis2=2), counts.sum(axis=1))


def _share(part: CountArray, whole: CountArray) -> FloatArray:
    share: FloatArray = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return share
