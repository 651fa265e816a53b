"""Evaluation: losses, accuracy and R² of a run as it is, over all training and all test samples."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray, constant
from engine.losses import LOSSES
from engine.run import Run
from engine.samples import columns
from engine.workspace import Workspace, borrow, sources

_SINGLE_PASS = 8192
"""Columns × replicas evaluated at once; more would leave the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """How good a run is now; every array is (replicas,).

    Attributes:
        train_loss: mean loss over the training samples, without the penalty.
        test_loss: likewise over the test samples.
        train_accuracy: share of training samples on the right side, 0 … 1; NaN for regression.
        test_accuracy: likewise over the test samples.
        train_r2: share of the targets' variance that is explained, at most 1; NaN for classification.
        test_r2: likewise over the test samples.
    """

    train_loss: FloatArray
    test_loss: FloatArray
    train_accuracy: FloatArray
    test_accuracy: FloatArray
    train_r2: FloatArray
    test_r2: FloatArray


class Losses:
    """Train and test losses of whatever parameters a workspace holds."""

    def __init__(self, run: Run, workspace: Workspace) -> None:
        one = run.experiment
        self._loss = LOSSES[one.objective.loss]
        self._training = one.data.training_samples
        self._outputs = one.sizes[-1]
        samples = one.data.samples
        # Whole networks at a time, and so few that what they say stays in the processor's cache.
        columns_ = min(samples, _SINGLE_PASS)
        group = max(1, _SINGLE_PASS // columns_)
        self._shape = (run.replicas, self._outputs, samples)
        self._table = workspace.stacked([columns(data, features) for data, features in sources(run)])
        self._per_sample = workspace.per_sample(self._shape)
        self._parts = []
        for i in range(0, run.replicas, group):
            replicas = slice(i, min(i + group, run.replicas))
            tables = self._table[replicas] if len(self._table) > 1 else self._table
            table = tables[0] if replicas.stop - replicas.start == 1 else tables
            for j in range(0, samples, columns_):
                part = slice(j, min(j + columns_, samples))
                network = workspace.evaluation_pass(replicas, part.stop - part.start)
                features, targets = table[..., : -self._outputs, part], table[..., -self._outputs :, part]
                self._parts.append((replicas, part, network, features, targets))
        self._means = (
            constant(1.0 / self._training),
            constant(1.0 / (samples - self._training)),
        )

    def predictions(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return sums z, predictions and losses of all samples, (replicas, outputs, samples)."""
        z, predicted, losses = (np.empty(self._shape) for _ in range(3))
        for replicas, part, *arrays in self._judge():
            for whole, array in zip((z, predicted, losses), arrays, strict=True):
                whole[replicas, :, part] = array
        return z, predicted, losses

    def _judge(self) -> Iterator[tuple[slice, slice, FloatArray, FloatArray, FloatArray]]:
        """Yield replicas, columns, and their sums z, predictions and losses; the next ones overwrite z."""
        for replicas, part, network, features, targets in self._parts:
            z = network.forward(features)
            predicted = np.empty_like(z)
            network.activations[-1].apply(z, predicted)
            yield replicas, part, z, predicted, self._loss.value(z, predicted, targets)

    def means(self, per_sample: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Average something per sample over the training and over the test samples: (replicas,) each."""
        flat = per_sample.reshape(-1, per_sample.shape[-1])
        training = np.add.reduce(flat[:, : self._training], axis=-1)
        test = np.add.reduce(flat[:, self._training :], axis=-1)
        return training * self._means[0], test * self._means[1]

    def __call__(self) -> tuple[FloatArray, FloatArray]:
        """Return mean train and test loss, (replicas,) each."""
        if len(self._parts) == 1:
            return self.means(next(self._judge())[-1])
        for replicas, part, _, _, losses in self._judge():
            self._per_sample[replicas, :, part] = losses
        return self.means(self._per_sample)

    def _targets(self) -> FloatArray:
        return self._table[:, -self._outputs :, :]

    def accuracies(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the share of samples on the right side."""
        return self.means((z * self._targets() > 0) | ((z == 0) & (self._targets() > 0)))

    def r2(self, predicted: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the share of the targets' variance that the predictions explain."""
        targets = np.broadcast_to(self._targets(), predicted.shape)
        residual = self.means(np.square(predicted - targets))
        mean = self.means(targets)
        square = self.means(np.square(targets))
        train, test = (1 - r / (s - m * m) for r, m, s in zip(residual, mean, square, strict=True))
        return train, test


def evaluate(run: Run) -> Evaluation:
    """Return losses and accuracy (or R²) of a run as it is now."""
    with borrow(run) as workspace:
        losses = Losses(run, workspace)
        z, predicted, per_sample = losses.predictions()
        nothing = np.full(run.replicas, np.nan)
        accuracy, r2 = (nothing, nothing), (nothing, nothing)
        if run.experiment.problem == "classification":
            accuracy = losses.accuracies(z)
        else:
            r2 = losses.r2(predicted)
        return Evaluation(*losses.means(per_sample), *accuracy, *r2)
