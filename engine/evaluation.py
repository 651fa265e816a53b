"""Evaluation: losses, accuracy and R² of a run as it is, over all training and all test samples."""

from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray, constant
from engine.losses import LOSSES
from engine.run import Run
from engine.samples import columns
from engine.workspace import Workspace, borrow, sources

_SINGLE_PASS = 32_768
"""Columns × replicas evaluated at once: enough to make calls cheap, little enough to keep memory small."""


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
        self._workspace = workspace
        self._training = one.data.training_samples
        self._outputs = one.sizes[-1]
        samples = one.data.samples
        chunk = max(64, _SINGLE_PASS // run.replicas)
        self._parts = [slice(start, min(start + chunk, samples)) for start in range(0, samples, chunk)]
        tables = [columns(data, features) for data, features in sources(run)]
        table = tables[0] if run.replicas == 1 else np.stack(tables)
        self._features = table[..., : -self._outputs, :]
        self._targets = table[..., -self._outputs :, :]
        self._means = (
            constant(1.0 / self._training),
            constant(1.0 / (samples - self._training)),
        )

    def predictions(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return sums z, predictions and losses of all samples, (replicas, outputs, samples); outputs may be absent."""
        if len(self._parts) == 1:
            return self._predict(self._parts[0])
        parts = []
        for part in self._parts:
            z, predicted, losses = self._predict(part)
            parts.append((z.copy(), predicted, losses))  # the next part overwrites z
        z, predicted, losses = (np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True))
        return z, predicted, losses

    def _predict(self, part: slice) -> tuple[FloatArray, FloatArray, FloatArray]:
        network = self._workspace.evaluation_pass(part.stop - part.start)
        z = network.forward(self._features[..., part])
        predicted = np.empty_like(z)
        network.activations[-1].apply(z, predicted)
        return z, predicted, self._loss.value(z, predicted, self._targets[..., part])

    def means(self, per_sample: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Average something per sample over the training and over the test samples: (replicas,) each."""
        flat = per_sample.reshape(-1, per_sample.shape[-1])
        training = np.add.reduce(flat[:, : self._training], axis=-1)
        test = np.add.reduce(flat[:, self._training :], axis=-1)
        return training * self._means[0], test * self._means[1]

    def __call__(self) -> tuple[FloatArray, FloatArray]:
        """Return mean train and test loss, (replicas,) each."""
        return self.means(self.predictions()[2])

    def accuracies(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the share of samples on the right side."""
        return self.means(((z >= 0) == (self._targets > 0)).astype(np.float64))

    def r2(self, predicted: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the share of the targets' variance that the predictions explain."""
        targets = np.broadcast_to(self._targets, predicted.shape)
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
