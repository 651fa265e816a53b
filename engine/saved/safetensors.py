"""The safetensors format: named arrays and strings as bytes, and back.

Layout: an unsigned 64-bit little-endian header length; a JSON header with dtype, shape and offsets of every tensor,
padded with spaces to a multiple of eight bytes; the bytes of the tensors, little-endian, row-major.
Source: the format description of safetensors (huggingface.co/docs/safetensors).
"""

import json
import math
import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

Tensor = np.ndarray[Any, np.dtype[Any]]
"""Any array."""

_DTYPES = {"F64": "<f8", "F32": "<f4", "U32": "<u4", "I8": "|i1"}
_NAMES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}

_JSON = json.JSONEncoder(separators=(",", ":"))

_MAX_HEADER = 1_000_000
"""Length of the longest header that ``decode_one`` reads, in bytes."""


def encode(metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> bytes:
    """Return arrays as bytes.

    Args:
        metadata: strings by name.
        tensors: arrays by name, of dtype float64, float32, uint32 or int8; wide types come first, so that every tensor
            is aligned to its own size.

    Raises:
        ValueError: a tensor has another dtype; names the tensor.
    """
    header, ordered = write_header(metadata, tensors)
    return b"".join([header, *(tensor.tobytes() for _, tensor in ordered)])


def write_header(
    metadata: Mapping[str, str], tensors: Mapping[str, Tensor]
) -> tuple[bytes, list[tuple[str, Tensor]]]:
    """Return the bytes before the tensors, and the tensors in the order in which they follow; see ``encode``."""
    ordered = sorted(tensors.items(), key=lambda item: -item[1].itemsize)
    described = _described(tuple([(name, tensor.dtype, tensor.shape) for name, tensor in ordered]))
    text = f'{{"__metadata__":{_JSON.encode(dict(metadata))}{described}}}'.encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text, ordered


@lru_cache(maxsize=256)
def _described(kinds: tuple[tuple[str, np.dtype[Any], tuple[int, ...]], ...]) -> str:
    """Return the entries of tensors in the header; the same for most frames of a run."""
    entries = []
    offset = 0
    for name, dtype, shape in kinds:
        if dtype not in _NAMES:
            raise ValueError(f"tensor {name!r} has dtype {dtype}; allowed: {', '.join(map(str, _NAMES))}")
        end = offset + dtype.itemsize * math.prod(shape)
        entry = {"dtype": _NAMES[dtype], "shape": shape, "data_offsets": (offset, end)}
        entries.append(f",{_JSON.encode(name)}:{_JSON.encode(entry)}")
        offset = end
    return "".join(entries)


def decode(data: bytes) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Return the metadata, and the tensors as read-only views of the bytes.

    Raises:
        ValueError: the bytes are not a safetensors file, or a tensor has another dtype.
    """
    try:
        header, body = _split(data)
        metadata = header.pop("__metadata__", {})
        return metadata, {name: _tensor(entry, body) for name, entry in header.items()}
    except (struct.error, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a safetensors file: {error}") from error


def decode_one(data: bytes, name: str) -> tuple[Mapping[str, Any], Tensor | None] | None:
    """Return the metadata and one array of untrusted bytes; other arrays may have any dtype.

    Returns:
        None if the bytes are not a safetensors file. The array is None if there is none of this name, or it cannot be
        read.
    """
    try:
        (length,) = struct.unpack_from("<Q", data)
        if not 2 <= length <= _MAX_HEADER or 8 + length > len(data):
            return None
        header, body = _split(data)
    except (struct.error, ValueError, RecursionError):
        return None
    if not isinstance(header, dict):
        return None
    metadata = header.get("__metadata__")
    try:
        tensor = _tensor(header[name], body)
    except (KeyError, TypeError, AttributeError, OverflowError, ValueError):
        tensor = None
    return metadata if isinstance(metadata, dict) else {}, tensor


def _split(data: bytes) -> tuple[Any, memoryview]:
    (length,) = struct.unpack_from("<Q", data)
    return json.loads(data[8 : 8 + length].decode()), memoryview(data)[8 + length :]


def _tensor(entry: Any, body: memoryview) -> Tensor:
    start, end = entry["data_offsets"]
    if not 0 <= start <= end <= len(body):
        raise ValueError(f"a tensor lies at {start} … {end} of {len(body)} bytes")
    return np.frombuffer(body[start:end], _DTYPES[entry["dtype"]]).reshape(entry["shape"])
