"""Frames: the binary format."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from server.protocol.frames import decode, encode, quantise

DTYPES = ["<f8", "<f4", "<u4", "|i1"]


@given(
    metadata=st.dictionaries(
        st.text(max_size=8).filter(lambda key: key != "__metadata__"), st.text(max_size=8)
    ),
    tensors=st.dictionaries(
        st.text(min_size=1, max_size=8).filter(lambda name: name != "__metadata__"),
        st.sampled_from(DTYPES).flatmap(
            lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_side=0, max_dims=3))
        ),
        max_size=5,
    ),
)
def test_what_was_written_is_read(metadata: dict[str, str], tensors: dict[str, np.ndarray]) -> None:
    frame = encode(metadata, tensors)

    read_metadata, read_tensors = decode(frame)

    assert read_metadata == metadata
    assert read_tensors.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert read_tensors[name].dtype == tensor.dtype
        assert read_tensors[name].tobytes() == tensor.tobytes()


def test_the_layout_is_that_of_safetensors() -> None:
    frame = encode({"epoch": "7"}, {"a": np.array([1, -1], np.int8), "b": np.array([[0.5]], "<f8")})

    (length,) = struct.unpack_from("<Q", frame)
    header = json.loads(frame[8 : 8 + length])
    assert length % 8 == 0
    assert header == {
        "__metadata__": {"epoch": "7"},
        "b": {"dtype": "F64", "shape": [1, 1], "data_offsets": [0, 8]},
        "a": {"dtype": "I8", "shape": [2], "data_offsets": [8, 10]},
    }
    assert frame[8 + length :] == struct.pack("<dbb", 0.5, 1, -1)


def test_every_tensor_is_aligned_to_its_own_size() -> None:
    frame = encode(
        {}, {"a": np.zeros(3, np.int8), "b": np.zeros(1, np.float32), "c": np.zeros(1, np.float64)}
    )

    (length,) = struct.unpack_from("<Q", frame)
    sizes = {"F64": 8, "F32": 4, "U32": 4, "I8": 1}
    for entry in (value for key, value in json.loads(frame[8 : 8 + length]).items() if key != "__metadata__"):
        assert (8 + length + entry["data_offsets"][0]) % sizes[entry["dtype"]] == 0


def test_an_unknown_dtype_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="tensor 'x' has dtype int16"):
        encode({}, {"x": np.zeros(1, np.int16)})


@given(st.binary(max_size=200))
def test_bytes_that_are_no_frame_are_refused(data: bytes) -> None:
    try:
        decode(data)
    except ValueError:
        return
    assert data[8:9] == b"{"  # only a JSON object can be read as a header


def test_quantised_values_are_rounded_and_clipped() -> None:
    values = np.array([-3, -1, -0.5, 0, 1 / 127, 1, np.inf, -np.inf, np.nan], np.float32)

    assert quantise(values).tolist() == [-127, -127, -64, 0, 1, 127, 127, -127, 0]


def test_what_is_no_number_is_quantised_to_zero_wherever_the_others_are() -> None:
    assert quantise(np.array([[0.5, np.nan, -1]], np.float32)).tolist() == [[64, 0, -127]]


def test_quantising_leaves_what_it_reads_as_it_is() -> None:
    values = np.array([0.25, -2], np.float32)

    quantise(values)

    assert values.tolist() == [0.25, -2]
