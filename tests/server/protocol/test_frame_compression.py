"""Packed frames: the same files in fewer bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment
from server.protocol.frame_compression import EXACT_EPOCHS, FrameCompressor, FrameDecompressor, rounded
from server.protocol.frames import LOSS_TENSORS, encode
from server.sessions.outbox import Outbox
from server.sessions.slices import Slice, run_slice
from tests.support.frames import decode_one
from tests.support.slices import frame_tensors
from tests.support.views import requested

NAMES = [f"1/{name}" for name in (*LOSS_TENSORS, "map/values", "tiles/values", "parameters/values")]
DTYPES = ["<f8", "<f4", "<u4", "|i1"]

Frame = tuple[dict[str, str], dict[str, np.ndarray]]


def arrays(dtype: str, shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    """Draw any bit patterns, also those of numbers that are none."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return st.binary(min_size=size, max_size=size).map(lambda data: np.frombuffer(data, dtype).reshape(shape))


shapes = st.lists(st.integers(0, 4), min_size=1, max_size=2).map(tuple)
tensors = st.dictionaries(
    st.sampled_from(NAMES),
    st.builds(arrays, st.sampled_from(DTYPES), shapes).flatmap(lambda drawn: drawn),
    max_size=4,
)
frames = st.tuples(st.dictionaries(st.sampled_from("ab"), st.text(max_size=8)), tensors)


@given(st.lists(frames, max_size=4))
def test_unpacking_what_was_packed_gives_every_file_to_the_last_byte(sequence: list[Frame]) -> None:
    compressor, decompressor = FrameCompressor(), FrameDecompressor()

    for metadata, tensors in sequence:
        assert decompressor.decompress(compressor.compress(metadata, tensors)) == encode(metadata, tensors)


@given(st.lists(st.tuples(arrays("|i1", (3, 3)), arrays("<f4", (5,)), arrays("<f8", (2, 2))), max_size=5))
def test_tensors_that_keep_their_shape_come_back_too(sequence: list[tuple[np.ndarray, ...]]) -> None:
    compressor, decompressor = FrameCompressor(), FrameDecompressor()

    for each in sequence:
        tensors = dict(zip(("1/map/values", "1/parameters/values", "1/scores/values"), each, strict=True))
        assert decompressor.decompress(compressor.compress({}, tensors)) == encode({}, tensors)


def test_messages_that_are_not_the_next_are_refused() -> None:
    compressor = FrameCompressor()
    first, second = (compressor.compress({}, {"1/map/values": np.zeros(9, np.int8)}) for _ in range(2))

    with pytest.raises(ValueError, match="not a packed frame"):
        FrameDecompressor().decompress(second)
    with pytest.raises(ValueError, match="not a packed frame"):
        FrameDecompressor().decompress(first[:20])
    with pytest.raises(ValueError, match="announced are"):
        FrameDecompressor().decompress(first + second)


@given(arrays("<f8", (20,)))
def test_rounding_keeps_ten_digits_and_what_is_not_finite(loss: np.ndarray) -> None:
    near = rounded(loss)

    ordinary = (np.abs(loss) > np.finfo(float).tiny) & (np.abs(loss) < 1e308)
    assert np.all(np.abs(near[ordinary] - loss[ordinary]) <= 2.0**-33 * np.abs(loss[ordinary]))
    endless = ~np.isfinite(loss)
    assert np.array_equal(near[endless], loss[endless], equal_nan=True)


def played(epochs_per_frame: int, count: int) -> tuple[list[bytes], list[bytes]]:
    """Play the default experiment as the page watches it; return packed and plain frames."""
    outboxes, run = (Outbox(2, "packed"), Outbox(2)), None
    sent: tuple[list[bytes], list[bytes]] = ([], [])
    for number in range(1, count + 1):
        work = Slice(run=run, experiment=Experiment(), epochs=epochs_per_frame, views=requested(tiles=True))
        outcome = run_slice(work)
        run = outcome.run
        for outbox, frames in zip(outboxes, sent, strict=True):
            outbox.put({"run": "1", "epoch": str(run.epoch)}, frame_tensors(outcome), due=True)
            frame = outbox.take()
            assert isinstance(frame, bytes)
            frames.append(frame)
            outbox.acknowledge(number)
    return sent


def kilobits(frames: list[bytes]) -> float:
    """Return how many a second there are, at 20 frames a second."""
    return sum(map(len, frames)) / len(frames) * 20 * 8 / 1000


def test_a_default_session_at_60_epochs_a_second_stays_under_400_kilobits() -> None:
    packed, plain = played(3, 200)
    decompressor = FrameDecompressor()

    assert [decompressor.decompress(frame) for frame in packed] == plain
    assert kilobits(packed) < 400
    assert kilobits(plain) > 2000


def test_a_default_session_at_full_speed_stays_under_400_kilobits() -> None:
    packed, plain = played(100, 100)

    assert kilobits(packed) < 400
    assert kilobits(plain) > 2000


def test_losses_of_many_epochs_in_a_frame_are_rounded_only_when_packed() -> None:
    (packed,), (plain,) = played(EXACT_EPOCHS + 1, 1)

    _, tensors = decode_one(FrameDecompressor().decompress(packed))
    _, exact = decode_one(plain)
    assert tensors["losses/test"].tolist() == rounded(exact["losses/test"]).tolist()
    assert tensors["losses/test"].tolist() != exact["losses/test"].tolist()
    assert tensors["losses/epochs"].tolist() == exact["losses/epochs"].tolist()
    assert tensors["scores/values"].tolist() == exact["scores/values"].tolist()
