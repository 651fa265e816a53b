"""Losses, accuracy and R² of a run over all training, validation and test samples."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from operator import is_

import numpy as np

from engine.arrays import FloatArray, constant
from engine.registries.losses import LOSSES
from engine.run import Run
from engine.samples import columns
from engine.training.workspace import Workspace, borrow, sources

_COLUMNS = 8192
"""Columns × replicas evaluated at once by a small network; more are not faster."""

_CELLS = 1 << 18
"""Limit of columns × replicas × units: 2 MB of activations, as more would leave the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Losses and scores of a run in its present state; every array is (replicas,).

    Attributes:
        train_loss: mean loss over the training samples, without the penalty.
        validation_loss: likewise over the validation samples; NaN if there are none.
        test_loss: likewise over the test samples.
        train_accuracy: share of training samples given the right class, 0 … 1; NaN for regression.
        validation_accuracy: likewise over the validation samples; NaN if there are none.
        test_accuracy: likewise over the test samples.
        train_r2: coefficient of determination R², the explained share of the targets' variance, at most 1; NaN for
            classification.
        validation_r2: likewise over the validation samples; NaN if there are none.
        test_r2: likewise over the test samples.
    """

    train_loss: FloatArray
    validation_loss: FloatArray
    test_loss: FloatArray
    train_accuracy: FloatArray
    validation_accuracy: FloatArray
    test_accuracy: FloatArray
    train_r2: FloatArray
    validation_r2: FloatArray
    test_r2: FloatArray


class Losses:
    """Losses of the present parameters of a workspace over the training, validation and test samples.

    Attributes:
        experiments: whose samples they are.
    """

    @classmethod
    def of(cls, run: Run, workspace: Workspace) -> "Losses":
        """Return the losses that the workspace has prepared last, if they are those of the same experiments."""
        known: Losses | None = workspace.losses
        if known is None or not all(map(is_, known.experiments, run.experiments)):
            known = cls(run, workspace)
            # Of several parts the workspace may have dropped the passes of the first ones, and not count them any more.
            workspace.losses = known if len(known._parts) == 1 else None
        return known

    def __init__(self, run: Run, workspace: Workspace) -> None:
        one = run.experiment
        self.experiments = run.experiments
        self._loss = LOSSES[one.objective.loss]
        self._problem = one.problem
        self._outputs = one.outputs
        self._replicas = run.replicas
        self._samples = samples = one.data.samples
        # Whole networks at a time, and few enough for their activations to stay in the processor's cache.
        most = max(min(_COLUMNS, _CELLS // sum(one.sizes)), 1)
        columns_ = min(samples, most)
        group = max(1, most // columns_)
        self._table = workspace.stacked([columns(data, features) for data, features in sources(run)])
        self._per_sample = workspace.per_sample((run.replicas, 1, samples))
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
        sizes = (one.data.training_samples, one.data.validation_samples, one.data.test_samples)
        starts = accumulate(sizes[:-1], initial=0)
        self._splits = [
            (slice(start, start + size), constant(1.0 / size) if size else None)
            for start, size in zip(starts, sizes, strict=True)
        ]
        self._undefined = np.full(run.replicas, np.nan)

    def predictions(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return sums z and predictions (replicas, outputs, samples), and losses (replicas, 1, samples)."""
        z, predicted = (np.empty((self._replicas, self._outputs, self._samples)) for _ in range(2))
        losses = np.empty((self._replicas, 1, self._samples))
        for replicas, part, *arrays in self._evaluate_parts():
            for whole, array in zip((z, predicted, losses), arrays, strict=True):
                whole[replicas, :, part] = array
        return z, predicted, losses

    def _evaluate_parts(self) -> Iterator[tuple[slice, slice, FloatArray, FloatArray, FloatArray]]:
        """Yield replicas, columns, and their sums z (overwritten by the next ones), predictions and losses."""
        for replicas, part, network, features, targets in self._parts:
            z = network.forward(features)
            predicted = np.empty_like(z)
            network.activations[-1].apply(z, predicted)
            yield replicas, part, z, predicted, self._loss.value(z, predicted, targets)

    def means(self, per_sample: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the means over training, validation and test samples, (replicas,) each; NaN without samples."""
        flat = per_sample.reshape(-1, per_sample.shape[-1])
        train, validation, test = (
            self._undefined if factor is None else np.add.reduce(flat[:, part], axis=-1) * factor
            for part, factor in self._splits
        )
        return train, validation, test

    def __call__(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return mean training, validation and test loss, (replicas,) each."""
        if len(self._parts) == 1:
            return self.means(next(self._evaluate_parts())[-1])
        for replicas, part, _, _, losses in self._evaluate_parts():
            self._per_sample[replicas, :, part] = losses
        return self.means(self._per_sample)

    def _targets(self) -> FloatArray:
        return self._table[:, -self._outputs :, :]

    def accuracies(self, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the training, validation and test accuracy, (replicas,) each, from sums z of the output."""
        targets = self._targets()
        if self._problem == "multi-class":
            right = z.argmax(axis=1) == targets.argmax(axis=1)
        else:
            right = (z * targets > 0) | ((z == 0) & (targets > 0))
        return self.means(right.astype(np.float64))  # once, not in the sum over each part

    def r2(self, predicted: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return R² = 1 − residual / variance of the targets, over training, validation and test samples."""
        targets = np.broadcast_to(self._targets(), predicted.shape)
        residual = self.means(np.square(predicted - targets))
        mean = self.means(targets)
        square = self.means(np.square(targets))
        train, validation, test = (
            1 - r / (s - m * m) for r, m, s in zip(residual, mean, square, strict=True)
        )
        return train, validation, test


def evaluate(run: Run) -> Evaluation:
    """Return the losses and the accuracy (R² for regression) of a run in its present state."""
    with borrow(run) as workspace:
        losses = Losses.of(run, workspace)
        z, predicted, per_sample = losses.predictions()
        undefined = np.full(run.replicas, np.nan)
        accuracy = r2 = (undefined, undefined, undefined)
        if run.experiment.problem == "regression":
            r2 = losses.r2(predicted)
        else:
            accuracy = losses.accuracies(z)
        return Evaluation(*losses.means(per_sample), *accuracy, *r2)
