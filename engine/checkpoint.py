"""Checkpoints: a run as bytes, and back. Without pickle, so reading untrusted bytes gives a run or an error.

The format is a header, the experiments as deflated JSON, the counters, then every array of the run, little-endian, in
a fixed order and with the lengths that follow from the experiments.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from engine.arrays import BoolArray, FloatArray
from engine.experiment import MAX_REPLICAS, Experiment
from engine.network.layout import Layout
from engine.registries.stop_rules import STOP_RULES
from engine.run import Best, Run, slot_counts
from engine.validation_errors import explain
from engine.worlds.stack_rules import check_stack

FORMAT = 1
"""Version of the byte layout."""

ENGINE = 1
"""Version of the engine's numbers: raised when the same experiment gives others, or a part of a run changes meaning."""

MAX_EPOCH = 2**32 - 1
"""Highest epoch that can be written; frames and files of losses number epochs with 32 bits."""

_MAGIC = b"NPRun"
_HEADER = struct.Struct("<5sBHHI")  # magic, format, engine, replicas, bytes of deflated JSON
_COUNTERS = struct.Struct("<5Q")  # epoch, step, position, carried, since
_PER_REPLICA = 1 + 1 + 8 + 8
"""Bytes per replica of the flags ``diverged`` and ``stopped``, the best loss and its epoch."""

_MAX_TEXT = 2**20
"""Characters of JSON per experiment: 10,000 custom points need fewer, however many digits they have."""

_EXPERIMENTS: TypeAdapter[tuple[Experiment, ...]] = TypeAdapter(tuple[Experiment, ...])


class EngineMismatch(ValueError):
    """The bytes were written by an engine with another version of its numbers."""


def describe(experiments: tuple[Experiment, ...]) -> bytes:
    """Return experiments as deflated JSON; with many custom points this takes most of the time of `to_bytes`."""
    return zlib.compress(_EXPERIMENTS.dump_json(experiments))


def to_bytes(run: Run, described: bytes | None = None) -> bytes:
    """Return a run as bytes, from which `from_bytes` makes an equal run.

    Args:
        run: any run.
        described: the result of `describe` for its experiments, if it is already known.

    Raises:
        ValueError: the epoch is above ``MAX_EPOCH``.
    """
    if run.epoch > MAX_EPOCH:
        raise ValueError(f"epoch is {run.epoch}; at most {MAX_EPOCH} can be written")
    text = describe(run.experiments) if described is None else described
    header = _HEADER.pack(_MAGIC, FORMAT, ENGINE, run.replicas, len(text))
    counters = _COUNTERS.pack(run.epoch, run.step, run.position, run.carried, run.since)
    best = run.best
    arrays = (
        run.parameters.astype("<f8"),
        run.slots.astype("<f8"),
        run.diverged.astype("u1"),
        run.stopped.astype("u1"),
        best.loss.astype("<f8"),
        best.epoch.astype("<i8"),
        best.parameters.astype("<f8"),
    )
    return b"".join([header, text, counters, *(array.tobytes() for array in arrays)])


def minimum_size(run: Run) -> int:
    """Return a lower bound of the length of `to_bytes`, in bytes: all but the experiments."""
    arrays = (run.parameters, run.slots, run.best.parameters)
    return _HEADER.size + _COUNTERS.size + sum(array.nbytes for array in arrays) + _PER_REPLICA * run.replicas


def from_bytes(data: bytes) -> Run:
    """Return the run that `to_bytes` wrote; it continues bit by bit as the original run.

    Args:
        data: a result of `to_bytes`, or any other bytes.

    Raises:
        EngineMismatch: another version of the engine wrote them, which would train to other numbers.
        ValueError: they are not a valid run; says why.
    """
    reader = _Reader(data)
    magic, format_, engine, replicas, length = _HEADER.unpack(reader.take(_HEADER.size, "the header"))
    if magic != _MAGIC:
        raise ValueError("the bytes are no run: they begin with something else")
    if format_ != FORMAT:
        raise ValueError(f"the run is written in format {format_}; this engine reads format {FORMAT}")
    if engine != ENGINE:
        raise EngineMismatch(
            f"the run was written by version {engine} of the engine; this is version {ENGINE}, whose numbers are others"
        )
    if not 1 <= replicas <= MAX_REPLICAS:
        raise ValueError(f"the run has {replicas} replicas; allowed: 1 … {MAX_REPLICAS}")
    experiments = _experiments(reader.take(length, "the experiments"), replicas)
    counters = _Counters(*_COUNTERS.unpack(reader.take(_COUNTERS.size, "the counters")))
    counters.check(experiments[0].data.training_samples)
    return _arrays(reader, experiments, counters)


class _Reader:
    """Reads bytes from the front; raises ``ValueError`` at the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int, what: str) -> bytes:
        part = self._data[self._at : self._at + length]
        if len(part) < length:
            raise ValueError(f"the bytes end inside of {what}: {length} are needed, {len(part)} are left")
        self._at += length
        return part

    def array(self, what: str, dtype: str, *shape: int) -> np.ndarray[Any, np.dtype[Any]]:
        length = int(np.prod(shape)) * np.dtype(dtype).itemsize
        return np.frombuffer(self.take(length, what), dtype).reshape(shape)

    def expect(self, length: int) -> None:
        left = len(self._data) - self._at
        if left != length:
            raise ValueError(f"the arrays of the run take {length} bytes, but {left} are there")


def _experiments(deflated: bytes, replicas: int) -> tuple[Experiment, ...]:
    most = _MAX_TEXT * replicas
    inflate = zlib.decompressobj()
    try:
        text = inflate.decompress(deflated, most)
    except zlib.error:
        raise ValueError("the experiments cannot be inflated") from None
    if not inflate.eof or inflate.unused_data:
        raise ValueError(
            f"the experiments are cut short, go on behind their end, or have more than {most} characters"
        )
    try:
        experiments = _EXPERIMENTS.validate_json(text)
    except ValidationError as error:
        raise ValueError(f"the experiments are not valid: {explain(error)[0].message}") from None
    if len(experiments) != replicas:
        raise ValueError(f"there are {len(experiments)} experiments for {replicas} replicas")
    check_stack(experiments)
    return experiments


@dataclass(frozen=True, slots=True)
class _Counters:
    epoch: int
    step: int
    position: int
    carried: int
    since: int

    def check(self, samples: int) -> None:
        """Check that the counters are possible with this number of training samples."""
        if self.epoch > MAX_EPOCH:
            raise ValueError(f"epoch is {self.epoch}; at most {MAX_EPOCH} is allowed")
        if self.position >= samples:
            raise ValueError(f"position is {self.position}; an epoch has the samples 0 … {samples - 1}")
        seen = self.epoch * samples + self.position
        for name in ("step", "carried"):
            if getattr(self, name) > seen:
                raise ValueError(f"{name} is {getattr(self, name)}, but only {seen} samples have been seen")
        if self.since > self.step:
            raise ValueError(f"since is {self.since}; it must be at most step, {self.step}")


def _arrays(reader: _Reader, experiments: tuple[Experiment, ...], counters: _Counters) -> Run:
    first, replicas = experiments[0], len(experiments)
    n = Layout(first.sizes).parameters
    slot_count = sum(slot_counts(first))
    best_rows = replicas if STOP_RULES[first.training.stop].restores else 0
    reader.expect(8 * n * ((1 + slot_count) * replicas + best_rows) + _PER_REPLICA * replicas)
    parameters = _finite(reader.array("the parameters", "<f8", replicas, n), "parameters")
    # Optimizer state may overflow before the parameters do; training accepts that.
    slots = _native(reader.array("the slots", "<f8", slot_count, replicas, n))
    diverged = _flags(reader.array("the marks of divergence", "u1", replicas), "diverged")
    stopped = _flags(reader.array("the marks of the stop rule", "u1", replicas), "stopped")
    loss = _native(reader.array("the best losses", "<f8", replicas))
    if np.isnan(loss).any() or np.isneginf(loss).any():
        raise ValueError("the best loss is not a number")
    best_epoch = reader.array("the best epochs", "<i8", replicas).astype(np.intp)
    if not ((best_epoch >= 0) & (best_epoch <= counters.epoch)).all():
        raise ValueError(f"the best epoch is {best_epoch.tolist()}; allowed: 0 … {counters.epoch}")
    best = Best(
        loss, best_epoch, _finite(reader.array("the best parameters", "<f8", best_rows, n), "best parameters")
    )
    return Run(
        experiments,
        parameters,
        slots,
        counters.epoch,
        counters.step,
        counters.position,
        counters.carried,
        counters.since,
        diverged,
        stopped,
        best,
    )


def _native(array: np.ndarray[Any, np.dtype[Any]]) -> FloatArray:
    return array.astype(np.float64)


def _finite(array: np.ndarray[Any, np.dtype[Any]], name: str) -> FloatArray:
    if not np.isfinite(array).all():
        raise ValueError(f"{name} are not all finite")
    return _native(array)


def _flags(array: np.ndarray[Any, np.dtype[Any]], name: str) -> BoolArray:
    if (array > 1).any():
        raise ValueError(f"{name} is {array.tolist()}; allowed: 0 and 1")
    return array.astype(np.bool_)
