"""Frames: named arrays as one binary message, in the safetensors format (``engine/saved/safetensors.py``)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.saved.safetensors import Tensor, decode, encode, write_header

__all__ = [
    "LOSS_TENSORS",
    "POINT_TENSORS",
    "Tensor",
    "decode",
    "encode",
    "has_losses",
    "of_run",
    "quantise",
    "write_header",
]

LOSS_TENSORS = ("losses/epochs", "losses/train", "losses/validation", "losses/test")
"""Tensors of a run with one value for every epoch since the last frame; all others describe the present."""

POINT_TENSORS = ("points/train", "points/validation", "points/test")
"""Tensors of a run that are sent once per lineage."""


def has_losses(name: str) -> bool:
    """Return whether a tensor of a frame, named ``run/view/array``, is one of `LOSS_TENSORS`."""
    return name.partition("/")[2] in LOSS_TENSORS


def of_run(
    frame: int, metadata: Mapping[str, str], tensors: Mapping[str, Tensor]
) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Return metadata and tensors of a frame that shows one run.

    Args:
        frame: its number.
        metadata: of the run, with its number as ``run``.
        tensors: of the run, by the name ``view/array``.
    """
    run = metadata["run"]
    about = {f"{run}/{key}": value for key, value in metadata.items() if key != "run"}
    return {"frame": str(frame), **about}, {f"{run}/{name}": tensor for name, tensor in tensors.items()}


def quantise(values: Tensor) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Quantise values to one byte each: −1 … 1 becomes −127 … 127, values outside are clipped, NaN becomes 0."""
    # Looking for values out of range costs less than clipping them; where one is NaN, so is the lowest.
    lowest, highest = (find.reduce(values, axis=None, initial=0) for find in (np.minimum, np.maximum))
    if not -1 <= lowest <= highest <= 1:
        values = np.clip(values, -1, 1)
        if np.isnan(lowest):
            values = np.nan_to_num(values)
    scaled = values * np.float32(127)
    quantised: np.ndarray[Any, np.dtype[np.int8]] = np.rint(scaled, scaled).astype(np.int8)
    return quantised
