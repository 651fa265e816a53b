"""Scalers: how features are brought to a common size before the network reads them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray
from engine.registries.registry import Registry, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaler(Row):
    """A shift and a scale per feature, taken from the training samples.

    Attributes:
        fit: ``fit(features)`` of the training samples (samples, features) returns shift and scale (features,); the
            network reads (feature − shift) / scale. A feature that never changes gets the scale 1. None where features
            stay as they are.
    """

    fit: Callable[[FloatArray], tuple[FloatArray, FloatArray]] | None


def _not_zero(scale: FloatArray) -> FloatArray:
    return np.where(scale > 0, scale, 1.0)


def _standardise(features: FloatArray) -> tuple[FloatArray, FloatArray]:
    # Of equal numbers, rounding makes a spread of 1e-17.
    changes = features.max(axis=0) > features.min(axis=0)
    return features.mean(axis=0), _not_zero(features.std(axis=0) * changes)


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
"""What is done to the features before the network reads them."""
