"""Checkpoints: a run as bytes goes on as if nothing had happened, and nothing but a run is read."""

import struct
import zlib
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, Run, advance, begin, from_bytes, reconfigure, set_parameter, to_bytes
from engine.checkpoint import ENGINE, FORMAT, EngineMismatch, minimum_size
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from engine.run import Best
from tests.support.runs import assert_same_state
from tests.support.strategies import experiments, law, live_changes, stacks, varied
from tests.support.validation import raises_naming

HEADER = struct.Struct("<5sBHHI")


def assert_same(run: Run, other: Run) -> None:
    assert run.experiments == other.experiments
    assert_same_state(run, other)


@law(50)
@given(experiment=experiments(), steps=st.integers(0, 25))
def test_training_resumed_from_bytes_is_bit_identical_to_the_uninterrupted_run(experiment, steps):
    run, _ = advance(begin(experiment), steps=steps, epochs=3)

    resumed = from_bytes(to_bytes(run))

    assert_same(resumed, run)
    went_on, report = advance(run, epochs=3)
    resumed_went_on, resumed_report = advance(resumed, epochs=3)
    assert_same(resumed_went_on, went_on)
    np.testing.assert_array_equal(resumed_report.train_loss, report.train_loss)
    np.testing.assert_array_equal(resumed_report.test_loss, report.test_loss)


@law(10)
@given(stack=stacks(), steps=st.integers(0, 25))
def test_a_stack_resumes_bit_identically_too(stack, steps):
    run, _ = advance(begin(stack), steps=steps, epochs=3)

    went_on, _ = advance(run, epochs=2)
    resumed, _ = advance(from_bytes(to_bytes(run)), epochs=2)

    assert_same(resumed, went_on)


@law(20)
@given(data=st.data(), experiment=experiments())
def test_what_was_changed_on_the_way_resumes_as_well(data, experiment):
    run, _ = advance(begin(experiment), steps=7, epochs=2)
    run = reconfigure(run, data.draw(live_changes(experiment)))
    run, _ = advance(set_parameter(run, 0, 0, -1, 0.25), steps=3, epochs=2)

    went_on, _ = advance(run, epochs=2)
    resumed, _ = advance(from_bytes(to_bytes(run)), epochs=2)

    assert_same(resumed, went_on)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_every_optimizer_and_penalty_remembers_what_it_knew(optimizer, penalty):
    experiment = varied(
        Experiment(),
        data={"samples": 60, "validation_fraction": 0.2},
        objective={"penalty": penalty, "penalty_rate": 0.05, "dropout": 0.2, "input_noise": 0.1},
        training={"optimizer": optimizer, "batch_size": 7, "batching": "carried", "stop": "early-stopping"},
    )
    run, _ = advance(begin(experiment), steps=11)

    went_on, _ = advance(run, epochs=4)
    resumed, _ = advance(from_bytes(to_bytes(run)), epochs=4)

    assert_same(resumed, went_on)


def test_the_arrays_are_read_only_again():
    run = from_bytes(to_bytes(begin(Experiment())))

    for array in (run.parameters, run.slots, run.diverged, run.best.loss):
        assert not array.flags.writeable


def test_a_small_network_takes_less_than_a_kilobyte_and_the_size_is_known_before():
    run = begin(Experiment())
    data = to_bytes(run)

    assert len(data) < 1000
    assert len(data) - 700 < minimum_size(run) < len(data)


# ---------------------------------------------------------------------------------------------------- what is refused


@cache
def trained():
    early = {"stop": "early-stopping", "optimizer": "adam", "batching": "carried"}
    experiment = varied(Experiment(), data={"validation_fraction": 0.2, "samples": 50}, training=early)
    run, _ = advance(begin(experiment), steps=13)
    return run


def parts(data):
    """Return header fields, the experiments' text, and all behind it."""
    fields = HEADER.unpack(data[: HEADER.size])
    end = HEADER.size + fields[-1]
    return list(fields), zlib.decompress(data[HEADER.size : end]), data[end:]


def put_together(fields, text, rest):
    deflated = zlib.compress(text)
    return HEADER.pack(*fields[:-1], len(deflated)) + deflated + rest


def with_header(place, value):
    fields, text, rest = parts(to_bytes(trained()))
    fields[place] = value
    return put_together(fields, text, rest)


def with_text(change):
    fields, text, rest = parts(to_bytes(trained()))
    return put_together(fields, change(text), rest)


def changed(**values):
    return to_bytes(replace(trained(), **values))


def with_bad_parameters(value):
    parameters = trained().parameters.copy()
    parameters[0, 3] = value
    return changed(parameters=parameters)


def with_best(**values):
    best = trained().best
    given = {"loss": best.loss.copy(), "epoch": best.epoch.copy(), "parameters": best.parameters.copy()}
    return changed(best=Best(**{**given, **values}))


ARRAYS = 8 * 25 * 5 + 18
"""Bytes of the arrays of ``trained()``: 25 parameters, their best values, three slots, marks, best losses."""

WRONG = {
    "nothing": (b"", "header"),
    "something else": (b"PK" + bytes(40), "run"),
    "another kind of file": (with_header(0, b"NPRum"), "run"),
    "another format": (with_header(1, FORMAT + 1), f"format {FORMAT + 1}"),
    "no replicas": (with_header(3, 0), "0 replicas"),
    "too many replicas": (with_header(3, 257), "257 replicas"),
    "other replicas than experiments": (with_header(3, 2), "1 experiments for 2 replicas"),
    "cut short": (to_bytes(trained())[:-1], ARRAYS - 1),
    "a byte more": (to_bytes(trained()) + b"\0", ARRAYS + 1),
    "cut in the text": (to_bytes(trained())[:99], "experiments"),
    "not deflated": (HEADER.pack(b"NPRun", FORMAT, ENGINE, 1, 4) + b"text" + bytes(99), "experiments"),
    "text without end": (
        HEADER.pack(b"NPRun", FORMAT, ENGINE, 1, 9) + zlib.compress(b"[{}]" * 9)[:9] + bytes(99),
        "experiments",
    ),
    "a bomb": (with_text(lambda _: b" " * 2**21), "characters"),
    "an unknown key": (with_text(lambda text: text.replace(b'"noise"', b'"nose"')), "0.data.nose"),
    "a number out of range": (
        with_text(lambda text: text.replace(b'"noise":0.0', b'"noise":7')),
        "0.data.noise",
    ),
    "not JSON": (with_text(lambda text: b"}" + text), "experiments"),
    "a larger network than the arrays": (
        with_text(lambda text: text.replace(b"[4,2]", b"[4,3]")),
        ARRAYS,
    ),
    "a smaller network than the arrays": (
        with_text(lambda text: text.replace(b"[4,2]", b"[4,1]")),
        ARRAYS,
    ),
    "parameters that are no number": (with_bad_parameters(np.nan), "parameters"),
    "infinite parameters": (with_bad_parameters(-np.inf), "parameters"),
    "best parameters that are no number": (
        with_best(parameters=np.full_like(trained().best.parameters, np.nan)),
        "best parameters",
    ),
    "a best loss that is no number": (with_best(loss=np.array([np.nan])), "best loss"),
    "a best epoch to come": (with_best(epoch=np.array([trained().epoch + 1])), "best epoch"),
    "a best epoch before the first": (with_best(epoch=np.array([-1])), "best epoch"),
    "a position behind the samples": (changed(position=10**6), "position is 1000000"),
    "more steps than samples": (changed(step=10**6), "step is 1000000"),
    "more carried than seen": (changed(carried=10**6), "carried is 1000000"),
    "slots emptied later": (changed(since=trained().step + 1), "since"),
    "marks that are neither": (
        to_bytes(trained()).replace(trained().slots.tobytes() + b"\0", trained().slots.tobytes() + b"\2"),
        "diverged",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_whatever_is_no_run_is_refused_by_what_is_wrong(name):
    data, named = WRONG[name]

    with raises_naming(named):
        from_bytes(data)


def test_bytes_of_another_engine_are_refused_by_their_own_error():
    with pytest.raises(EngineMismatch, match=str(ENGINE + 1)):
        from_bytes(with_header(2, ENGINE + 1))


def test_epochs_beyond_32_bits_are_neither_written_nor_read():
    with raises_naming("epoch", 2**32):
        changed(epoch=2**32)

    fields, text, rest = parts(to_bytes(trained()))
    with raises_naming("epoch", 2**32):
        from_bytes(put_together(fields, text, struct.pack("<Q", 2**32) + rest[8:]))


@law(300)
@given(data=st.binary(max_size=400), real_header=st.booleans())
def test_random_bytes_are_refused_and_nothing_else_happens(data, real_header):
    if real_header:
        data = to_bytes(begin(Experiment()))[: HEADER.size] + data

    with pytest.raises(ValueError):
        from_bytes(data)


def test_a_changed_byte_gives_an_error_or_a_run_that_trains():
    written = to_bytes(trained())
    read = 0
    for place in range(0, len(written), 5):
        flipped = bytearray(written)
        flipped[place] ^= 0x41
        try:
            run = from_bytes(bytes(flipped))
        except ValueError:
            continue
        read += 1
        advance(run, steps=2)
    assert read > 10  # most of the bytes are numbers, any of which will do
