"""The channel to an engine process: whatever is called, in whatever pieces the bytes come."""

import asyncio
import multiprocessing
import os
import pickle
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.compute.channel import Channel, ChannelLost, connect, serve
from tests.server.compute.conftest import MEMORY
from tests.support import calls

pytestmark = pytest.mark.anyio

Answers = list[tuple[Any, BaseException | None]]


class Unloadable(Exception):
    """Can be pickled, but not loaded."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(one)


def fail_unloadable() -> None:
    raise Unloadable(1, 2)


def give_back(value: Any) -> Any:
    return value


def make_unpicklable() -> Any:
    return lambda: None


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    ours, theirs = socket.socketpair()
    with theirs:
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, MEMORY))
        await asyncio.to_thread(process.start)
    channel = await connect(ours)
    yield channel
    channel.close()
    await asyncio.to_thread(process.join)
    assert process.exitcode == 0


async def call(channel: Channel, function: Any, *arguments: Any) -> Any:
    answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def answer(result: Any, error: BaseException | None) -> None:
        answered.set_result(result) if error is None else answered.set_exception(error)

    channel.call(function, arguments, answer)
    return await answered


async def test_results_and_errors_come_back_in_order_large_ones_too(channel: Channel) -> None:
    large = os.urandom(3 << 20)

    answers = await asyncio.gather(
        call(channel, calls.answer, 1),
        call(channel, give_back, large),
        call(channel, calls.refuse),
        call(channel, make_unpicklable),
        call(channel, fail_unloadable),
        call(channel, give_back, b""),
        call(channel, calls.answer, 2),
        return_exceptions=True,
    )

    assert answers[:2] == [1, large]
    assert isinstance(answers[2], ValueError)
    assert "refuse" in answers[2].__notes__[0]  # where it was raised
    assert isinstance(answers[3], Exception)
    assert isinstance(answers[4], RuntimeError)
    assert "Unloadable" in str(answers[4])
    assert answers[5:] == [b"", 2]


async def test_what_cannot_be_sent_is_the_callers_error_and_harms_nobody(channel: Channel) -> None:
    first = asyncio.create_task(call(channel, calls.answer, 1))
    with pytest.raises((AttributeError, pickle.PicklingError)):
        await call(channel, lambda: None)

    assert await first == 1
    assert await call(channel, calls.answer, 2) == 2


async def test_all_calls_fail_when_the_channel_is_closed_and_none_is_taken_any_more() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        channel = await connect(ours)
        waiting = [asyncio.create_task(call(channel, calls.answer, number)) for number in range(3)]
        await asyncio.sleep(0)
        channel.close()

        assert all(
            isinstance(each, ChannelLost) for each in await asyncio.gather(*waiting, return_exceptions=True)
        )
        with pytest.raises(ChannelLost):
            await call(channel, calls.answer)


@given(
    st.lists(st.binary(max_size=600_000) | st.binary(max_size=40), max_size=5),
    st.lists(st.integers(1, 400_000), min_size=1),
)
def test_answers_are_read_from_any_pieces(results: list[bytes], cuts: list[int]) -> None:
    channel, answers = Channel(), Answers()
    channel.connection_made(_Sink())
    for _ in results:
        channel.call(calls.answer, (), lambda *each: answers.append(each))
    stream = memoryview(b"".join(_message(result) for result in results))

    at = number = 0
    while at < len(stream):
        room = channel.get_buffer(-1)
        assert len(room)
        piece = stream[at : at + min(cuts[number % len(cuts)], len(room))]
        room[: len(piece)] = piece
        channel.buffer_updated(len(piece))
        at, number = at + len(piece), number + 1

    assert answers == [(result, None) for result in results]


def _message(result: bytes) -> bytes:
    pickled = pickle.dumps((result, None))
    return struct.pack("<Q", len(pickled)) + pickled


class _Sink(asyncio.Transport):
    def write(self, data: Any) -> None:
        pass

    def is_closing(self) -> bool:
        return False
