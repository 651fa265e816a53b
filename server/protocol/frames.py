"""Frames: named arrays as one binary message, in the safetensors format (``engine/saved/safetensors.py``)."""

from typing import Any

import numpy as np

from engine.saved.safetensors import Tensor, decode, encode, write_header

__all__ = ["LOSS_TENSORS", "POINT_TENSORS", "Tensor", "decode", "encode", "quantise", "write_header"]

LOSS_TENSORS = ("epochs", "train_loss", "validation_loss", "test_loss")
"""Tensors with one value for every epoch since the last frame; all others describe the present."""

POINT_TENSORS = ("train_points", "validation_points", "test_points")
"""Tensors that are sent once per lineage."""


def quantise(values: Tensor) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Quantise values to one byte each: −1 … 1 becomes −127 … 127, values outside are clipped, NaN becomes 0."""
    scaled = np.rint(np.clip(values, -1, 1) * np.float32(127))
    if np.isnan(scaled).any():
        scaled = np.nan_to_num(scaled)
    quantised: np.ndarray[Any, np.dtype[np.int8]] = scaled.astype(np.int8)
    return quantised
