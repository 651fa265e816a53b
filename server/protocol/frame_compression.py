"""Frame compression: frames as differences from the frame before, deflated in one stream per connection.

Every file is written as what is new since the last one on the connection, and all go through one deflate stream,
flushed after each, so that a browser reads them with its own ``DecompressionStream``. ``docs/protocol.md`` describes
the format for those who write a client; the figures behind each choice are in ``docs/benchmarks.md``.
"""

import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from server.protocol.frames import LOSSES, Tensor, decode, write_header

_LEVEL = 2
_WINDOW_BITS = 15
_MEMORY_LEVEL = 6
"""Of deflate; 32 KiB of history reach back over one frame, and compressing takes about 160 KiB a connection."""

EXACT_EPOCHS = 64
"""Losses of more epochs than these in one frame are rounded."""

_DROPPED_BITS = 20
"""So many of the 52 bits of a rounded loss; half a unit of what is left is 1.2e-10 of the loss."""

_UNSIGNED = {size: np.dtype(f"u{size}") for size in (1, 4, 8)}

_Words = np.ndarray[Any, np.dtype[np.unsignedinteger[Any]]]


def rounded(loss: Tensor) -> Tensor:
    """Round numbers (float64) to 33 significant bits, about ten digits; what is not finite stays.

    Training at full speed gives thousands of losses a second, whose last digits are noise that no compression
    takes away: two thirds of all bytes.
    """
    half = np.uint64(1 << (_DROPPED_BITS - 1))
    words = (loss.view(np.uint64) + half) >> np.uint64(_DROPPED_BITS) << np.uint64(_DROPPED_BITS)
    return np.where(np.isfinite(loss), words.view(np.float64), loss)


_Kind = tuple[tuple[int, ...], np.dtype[Any]]
"""(shape, dtype). A tensor is coded as a difference only from one with the same shape and dtype."""


class FrameCompressor:
    """Writes the frames of one connection."""

    def __init__(self) -> None:
        """Begin; the first frame stands for itself."""
        self._deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL)
        self._last: Mapping[str, tuple[_Kind, _Words]] = {}

    def pack(self, metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> bytes:
        """Write the next frame; arguments and errors as those of ``frames.encode``."""
        header, ordered = write_header(metadata, tensors)
        parts = [header]
        present = {}
        for name, tensor in ordered:
            kind, words = (tensor.shape, tensor.dtype), _words(tensor)
            last = self._last.get(name)
            parts.append(_fold(name, words, last[1] if last is not None and last[0] == kind else None))
            present[name] = kind, words
        self._last = present
        size = struct.pack("<I", sum(map(len, parts)))
        return self._deflate.compress(b"".join([size, *parts])) + self._deflate.flush(zlib.Z_SYNC_FLUSH)


class Unpacker:
    """Reads the frames of one connection, as the page does."""

    def __init__(self) -> None:
        """Begin, with the first frame."""
        self._inflate = zlib.decompressobj()
        self._last: Mapping[str, Tensor] = {}

    def unpack(self, message: bytes) -> bytes:
        """Return the frame as the plain encoding has it.

        Raises:
            ValueError: the message is not the next one of a connection.
        """
        try:
            record = self._inflate.decompress(message)
            (size,) = struct.unpack_from("<I", record)
        except (zlib.error, struct.error) as error:
            raise ValueError(f"not a packed frame: {error}") from error
        if len(record) != 4 + size:
            raise ValueError(f"not a packed frame: {len(record) - 4} bytes, announced are {size}")
        metadata, folded = decode(record[4:])
        tensors = {name: _unfold(name, tensor, self._last.get(name)) for name, tensor in folded.items()}
        self._last = tensors
        header, ordered = write_header(metadata, tensors)
        return b"".join([header, *(tensor.tobytes() for _, tensor in ordered)])


def _fold(name: str, words: _Words, last: _Words | None) -> bytes:
    """Write what is new in a tensor, the bytes of its numbers by significance, in as many bytes as it has."""
    news = words if last is None or name in LOSSES else words - last
    if words.itemsize == 1 or name in LOSSES:
        first, news = news, news.copy()
        news[1:] -= first[:-1]
    if words.itemsize == 1:
        return news.tobytes()
    return news.view(np.uint8).reshape(-1, words.itemsize).T.tobytes()


def _unfold(name: str, folded: Tensor, last: Tensor | None) -> Tensor:
    """Undo ``_fold``, whose bytes are taken for those of the tensor itself."""
    dtype, size = folded.dtype, folded.itemsize
    planes = np.frombuffer(folded.tobytes(), np.uint8).reshape(size, -1)
    words = np.ascontiguousarray(planes.T).view(f"u{size}").ravel()
    if size == 1 or name in LOSSES:
        words = np.cumsum(words, dtype=words.dtype)
    if name not in LOSSES and last is not None and _alike(folded, last):
        words = words + _words(last)
    return words.view(dtype).reshape(folded.shape)


def _words(tensor: Tensor) -> _Words:
    words: _Words = tensor.reshape(-1).view(_UNSIGNED[tensor.itemsize])
    return words


def _alike(tensor: Tensor, last: Tensor) -> bool:
    return (tensor.shape, tensor.dtype) == (last.shape, last.dtype)
