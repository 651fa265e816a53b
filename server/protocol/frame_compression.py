"""Frame compression: frames as differences from the frame before, deflated in one stream per connection.

The deflate stream is flushed after each frame, so that a browser reads it with its built-in ``DecompressionStream``.
``docs/protocol.md`` specifies the format for authors of clients; ``docs/benchmarks.md`` has the figures behind each
choice.
"""

import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from server.protocol.frames import Tensor, decode, has_losses, write_header

_LEVEL = 2
_WINDOW_BITS = 15
_MEMORY_LEVEL = 6
"""Parameters of deflate; its 32 KiB of history span one frame, and compressing takes about 160 KiB a connection."""

EXACT_EPOCHS = 64
"""In a frame with losses of more epochs than this, the losses are rounded."""

_DROPPED_BITS = 20
"""Bits dropped from the 52 of a loss's significand; half a unit of the last bit left is 1.2e-10 of the loss."""

_UNSIGNED = {size: np.dtype(f"u{size}") for size in (1, 4, 8)}

_Words = np.ndarray[Any, np.dtype[np.unsignedinteger[Any]]]


def rounded(loss: Tensor) -> Tensor:
    """Round numbers (float64) to 33 significant bits, about ten digits; NaN and infinities stay.

    Training at full speed gives thousands of losses a second. Their last digits are noise that does not compress: two
    thirds of all bytes.
    """
    half = np.uint64(1 << (_DROPPED_BITS - 1))
    words = (loss.view(np.uint64) + half) >> np.uint64(_DROPPED_BITS) << np.uint64(_DROPPED_BITS)
    return np.where(np.isfinite(loss), words.view(np.float64), loss)


_Kind = tuple[tuple[int, ...], np.dtype[Any]]
"""(shape, dtype). A tensor is coded as a difference only from one with the same shape and dtype."""


class FrameCompressor:
    """Encodes the frames of one connection."""

    def __init__(self) -> None:
        """Start a connection; its first frame is a difference from nothing."""
        self._deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL)
        self._last: Mapping[str, tuple[_Kind, _Words]] = {}

    def compress(self, metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> bytes:
        """Encode the next frame; arguments and errors are those of ``frames.encode``."""
        header, ordered = write_header(metadata, tensors)
        parts = [header]
        present = {}
        for name, tensor in ordered:
            kind, words = _kind_of(tensor), _words(tensor)
            last = self._last.get(name)
            parts.append(
                _encode_delta(name, words, last[1] if last is not None and last[0] == kind else None)
            )
            present[name] = kind, words
        self._last = present
        size = struct.pack("<I", sum(map(len, parts)))
        return self._deflate.compress(b"".join([size, *parts])) + self._deflate.flush(zlib.Z_SYNC_FLUSH)


class FrameDecompressor:
    """Decodes the frames of one connection, as the page does."""

    def __init__(self) -> None:
        """Start a connection."""
        self._inflate = zlib.decompressobj()
        self._last: Mapping[str, Tensor] = {}

    def decompress(self, message: bytes) -> bytes:
        """Return the frame in the plain encoding.

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
        metadata, encoded = decode(record[4:])
        tensors = {
            name: _decode_delta(name, tensor, self._last.get(name)) for name, tensor in encoded.items()
        }
        self._last = tensors
        header, ordered = write_header(metadata, tensors)
        return b"".join([header, *(tensor.tobytes() for _, tensor in ordered)])


def _encode_delta(name: str, words: _Words, last: _Words | None) -> bytes:
    """Encode a tensor as its difference from the last one, in byte planes by significance; the size stays."""
    is_loss = has_losses(name)
    delta = words if last is None or is_loss else words - last
    if words.itemsize == 1 or is_loss:
        first, delta = delta, delta.copy()
        delta[1:] -= first[:-1]
    if words.itemsize == 1:
        return delta.tobytes()
    return delta.view(np.uint8).reshape(-1, words.itemsize).T.tobytes()


def _decode_delta(name: str, encoded: Tensor, last: Tensor | None) -> Tensor:
    """Undo `_encode_delta`; ``encoded`` is a tensor of the right shape and dtype that holds its result."""
    dtype, size = encoded.dtype, encoded.itemsize
    planes = np.frombuffer(encoded.tobytes(), np.uint8).reshape(size, -1)
    words = np.ascontiguousarray(planes.T).view(f"u{size}").ravel()
    is_loss = has_losses(name)
    if size == 1 or is_loss:
        words = np.cumsum(words, dtype=words.dtype)
    if not is_loss and last is not None and _kind_of(encoded) == _kind_of(last):
        words = words + _words(last)
    return words.view(dtype).reshape(encoded.shape)


def _words(tensor: Tensor) -> _Words:
    words: _Words = tensor.reshape(-1).view(_UNSIGNED[tensor.itemsize])
    return words


def _kind_of(tensor: Tensor) -> _Kind:
    return tensor.shape, tensor.dtype
