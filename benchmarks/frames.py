"""Bandwidth and processor time of frames, and the contribution of each part of their compression."""

import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from engine import Experiment
from engine.registries.features import FEATURES
from server.protocol.frame_compression import EXACT_EPOCHS, FrameCompressor, rounded
from server.protocol.frames import LOSS_TENSORS, Tensor, encode, has_losses, of_run, write_header
from server.sessions.slices import Slice, run_slice
from tests.support.slices import frame_tensors
from tests.support.views import requested

TITLE = "Frames"
HEADER = (
    "what",
    "default, 60 epochs/s",
    "its first second",
    "default, 2,500 epochs/s",
    "7-8×6-1, 60 epochs/s",
    "default, 60: time per frame",
)
TEXT = """\
Kilobits per second of a session that the page watches (map 100 × 100 and all tiles, 20 frames a second), over ten
seconds from the untrained network on, and the processor time that writing one frame takes. *Packed* is what
`encoding: "packed"` does: less than 400 for the default session, and at most 0.25 ms, are needed. Below it, one part at
a time is left out or done otherwise."""

_VIEWS = requested(tiles=True)
_RATE = 20
_FRAMES = 200

_LARGE = Experiment.model_validate({"features": list(FEATURES), "network": {"hidden": [8] * 6}})

Frame = tuple[dict[str, str], dict[str, Tensor]]


def rows() -> Iterator[tuple[str, ...]]:
    sessions = [
        record(Experiment(), 3, exact=True),
        record(Experiment(), 125, exact=False),
        record(_LARGE, 3, exact=True),
    ]
    unrounded = [sessions[0], record(Experiment(), 125, exact=True), sessions[2]]
    yield row("plain", sessions, lambda: encode)
    yield row("packed", sessions, lambda: FrameCompressor().compress)
    yield row("losses of many epochs not rounded", unrounded, lambda: FrameCompressor().compress)
    for what, way in (
        ("no difference from the last frame", Way(temporal=False)),
        ("no difference from the neighbour", Way(spatial=False)),
        ("numbers not by the significance of their bytes", Way(planes=False)),
        ("every frame deflated by itself", Way(one_stream=False)),
        ("level 1 instead of 2", Way(level=1)),
        ("level 4", Way(level=4)),
        ("level 6", Way(level=6)),
        ("only deflated", Way(temporal=False, spatial=False, planes=False)),
    ):
        yield row(what, sessions, partial(packer, way))


def packer(way: "Way") -> Callable[..., bytes]:
    return Variant(way).compress


def record(experiment: Experiment, epochs: int, *, exact: bool) -> list[Frame]:
    """Train, and return the contents of the frames of ten seconds."""
    run, frames = None, []
    for number in range(_FRAMES):
        outcome = run_slice(Slice(run=run, experiment=experiment, epochs=epochs, views=_VIEWS))
        run, tensors = outcome.run, frame_tensors(outcome)
        if not exact and tensors["losses/epochs"].size > EXACT_EPOCHS:
            tensors |= {name: rounded(tensors[name]) for name in LOSS_TENSORS[1:] if name in tensors}
        metadata = {"run": "1", "lineage": "1", "epoch": str(run.epoch), "step": str(run.step)}
        metadata |= {view.key: view.options for view in _VIEWS}
        frames.append(of_run(number + 1, metadata, tensors))
    return frames


def row(what: str, sessions: list[list[Frame]], make: Callable[[], Callable[..., bytes]]) -> tuple[str, ...]:
    sizes = []
    seconds = 0.0
    for session in sessions:
        write = make()
        start = time.thread_time()
        written = [len(write(metadata, tensors)) for metadata, tensors in session]
        sizes.append(written)
        seconds = seconds or (time.thread_time() - start) / len(session)
    default, full, large = sizes
    return (
        what,
        kilobits(default),
        kilobits(default[:_RATE]),
        kilobits(full),
        kilobits(large),
        f"{seconds * 1000:.2f} ms",
    )


def kilobits(sizes: list[int]) -> str:
    return f"{sum(sizes) / len(sizes) * _RATE * 8 / 1000:,.0f}"


@dataclass(frozen=True)
class Way:
    """Options of compression; the defaults are those of ``server/protocol/frame_compression.py``."""

    temporal: bool = True
    spatial: bool = True
    planes: bool = True
    one_stream: bool = True
    level: int = 2


class Variant:
    """A frame compressor with these options."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._last: Mapping[str, Tensor] = {}
        self._deflate = self._new_stream()

    def _new_stream(self) -> Any:
        return zlib.compressobj(self._way.level, zlib.DEFLATED, 15, 6)

    def compress(self, metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> bytes:
        header, ordered = write_header(metadata, tensors)
        record = b"".join([header, *(self._fold(name, tensor) for name, tensor in ordered)])
        self._last = tensors
        if not self._way.one_stream:
            self._deflate = self._new_stream()
        packed: bytes = self._deflate.compress(record) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return packed

    def _fold(self, name: str, tensor: Tensor) -> bytes:
        way, size, last = self._way, tensor.itemsize, self._last.get(name)
        words = np.ascontiguousarray(tensor).reshape(-1).view(f"u{size}").copy()
        if way.temporal and not has_losses(name) and last is not None and last.shape == tensor.shape:
            words -= np.ascontiguousarray(last).reshape(-1).view(f"u{size}")
        if way.spatial and (size == 1 or has_losses(name)):
            words[1:] -= words[:-1].copy()
        if way.planes and size > 1:
            return words.view(np.uint8).reshape(-1, size).T.tobytes()
        return words.tobytes()
