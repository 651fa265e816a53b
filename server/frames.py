"""Frames: named arrays as one binary message, in the safetensors format.

Layout: an unsigned 64-bit little-endian header length; a JSON header with dtype, shape and offsets of every tensor,
padded with spaces to a multiple of eight bytes; the bytes of the tensors, little-endian, row-major.
Source: the format description of safetensors (huggingface.co/docs/safetensors).
"""

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

Tensor = np.ndarray[Any, np.dtype[Any]]
"""Any array."""

_DTYPES = {"F64": "<f8", "F32": "<f4", "U32": "<u4", "I8": "|i1"}
_NAMES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}


LOSSES = ("epochs", "train_loss", "validation_loss", "test_loss")
"""Tensors that tell of every epoch since the last frame; all others tell of now."""

POINTS = ("train_points", "validation_points", "test_points")
"""Tensors that come once and hold as long as the history."""


def encode(metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> bytes:
    """Write a frame.

    Args:
        metadata: strings by name.
        tensors: arrays by name, of dtype float64, float32, uint32 or int8; wide types are put first, so that every
            tensor is aligned to its own size.

    Raises:
        ValueError: a dtype that frames do not know; names the tensor.
    """
    header, ordered = write_header(metadata, tensors)
    return b"".join([header, *(tensor.tobytes() for _, tensor in ordered)])


def write_header(
    metadata: Mapping[str, str], tensors: Mapping[str, Tensor]
) -> tuple[bytes, list[tuple[str, Tensor]]]:
    """Write what stands before the tensors, and return the order in which they follow; as ``encode`` otherwise."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    ordered = sorted(tensors.items(), key=lambda item: -item[1].itemsize)
    offset = 0
    for name, tensor in ordered:
        if tensor.dtype not in _NAMES:
            raise ValueError(
                f"tensor {name!r} has dtype {tensor.dtype}; allowed: {', '.join(map(str, _NAMES))}"
            )
        end = offset + tensor.nbytes
        header[name] = {
            "dtype": _NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text, ordered


def decode(frame: bytes) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Read a frame: its metadata, and its tensors as read-only views of the bytes.

    Raises:
        ValueError: these bytes are no frame.
    """
    try:
        (length,) = struct.unpack_from("<Q", frame)
        header = json.loads(frame[8 : 8 + length])
        metadata = header.pop("__metadata__", {})
        body = memoryview(frame)[8 + length :]
        tensors = {
            name: np.frombuffer(body[slice(*entry["data_offsets"])], _DTYPES[entry["dtype"]]).reshape(
                entry["shape"]
            )
            for name, entry in header.items()
        }
    except (
        struct.error,
        KeyError,
        TypeError,
        AttributeError,
        UnicodeDecodeError,
        json.JSONDecodeError,
    ) as error:
        raise ValueError(f"not a frame: {error}") from error
    return metadata, tensors


def quantise(values: Tensor) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Turn values into one byte each: −1 … 1 becomes −127 … 127, what lies outside is clipped, NaN becomes 0."""
    scaled = np.rint(np.clip(values, -1, 1) * np.float32(127))
    if np.isnan(scaled).any():
        scaled = np.nan_to_num(scaled)
    quantised: np.ndarray[Any, np.dtype[np.int8]] = scaled.astype(np.int8)
    return quantised
