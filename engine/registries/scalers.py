"""Scalers: shift and scale of features before they enter the network."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray
from engine.registries.registry import Registry, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaler(Row):
    """A shift and a scale per feature, fitted to the training samples.

    Attributes:
        fit: ``fit(features)`` returns shift and scale (features,) from the training samples (samples, features); the
            network reads (feature − shift) / scale. A constant feature has the scale 1. None if features are not
            scaled.
    """

    fit: Callable[[FloatArray], tuple[FloatArray, FloatArray]] | None


def _not_zero(scale: FloatArray) -> FloatArray:
    return np.where(scale > 0, scale, 1.0)


def _standardise(features: FloatArray) -> tuple[FloatArray, FloatArray]:
    # By rounding, the standard deviation of equal numbers may be 1e-17.
    varies = features.max(axis=0) > features.min(axis=0)
    return features.mean(axis=0), _not_zero(features.std(axis=0) * varies)


def _unit_range(features: FloatArray) -> tuple[FloatArray, FloatArray]:
    low, high = features.min(axis=0), features.max(axis=0)
    return (low + high) / 2, _not_zero((high - low) / 2)


SCALERS: Registry[Scaler] = Registry(
    "scaling",
    Scaler(
        key="none",
        label="None",
        text="The network reads the features as they are; squares are then far larger than sines.",
        formula="f",
        fit=None,
    ),
    Scaler(
        key="standardise",
        label="Standardise",
        text="Every feature gets mean 0 and spread 1 over the training samples, so that none drowns the others.",
        formula="(f − mean) / standard deviation",
        aliases=("standardize",),
        fit=_standardise,
    ),
    Scaler(
        key="unit-range",
        label="To −1 … 1",
        text="Every feature is stretched so that the training samples fill −1 … 1.",
        formula="(f − middle) / half the range",
        aliases=("min-max",),
        fit=_unit_range,
    ),
)
"""Scalings of the features."""
