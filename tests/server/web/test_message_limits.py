"""Limits of messages, at given times and on a real server."""

import json
import time
from typing import Any

import anyio
import pytest

from server.protocol.commands import Ack, Command
from server.protocol.events import ErrorEvent
from server.protocol.parsing import parse
from server.sessions.flow_control import FlowControl
from server.web.message_limits import (
    MAX_INVALID,
    MAX_SMALL_MESSAGE_BYTES,
    MESSAGE_BURST,
    TOO_BIG,
    TOO_MANY_INVALID,
    MessageLimits,
)
from tests.support.client import PATIENCE_SECONDS, Client, client, greeted
from tests.support.live_server import LiveServer

PAUSE = '{"type": "pause"}'


def violation(limits: MessageLimits, text: str, now: float = 0.0) -> tuple[int, str] | None:
    return limits.violation(text, parse(text), now)


def parsed(text: str) -> Command | ErrorEvent:
    return parse(text)


def test_a_burst_is_read_at_once_and_then_twenty_a_second() -> None:
    limits = MessageLimits()

    pauses = [limits.delay(parsed(PAUSE), 0.0) for _ in range(MESSAGE_BURST + 2)]

    assert pauses[:MESSAGE_BURST] == [0] * MESSAGE_BURST
    assert pauses[MESSAGE_BURST:] == pytest.approx([0.05, 0.1])


def test_acknowledging_what_was_sent_is_free_and_anything_else_is_not() -> None:
    limits = MessageLimits()
    limits.flow = flow = FlowControl[None]()

    for _ in range(1000):
        frame = flow.send(0.0)
        assert limits.delay(Ack(type="ack", frame=frame), 0.0) == 0
        flow.acknowledge(frame, 0.0)
    assert [limits.delay(Ack(type="ack", frame=1000), 0.0) > 0 for _ in range(61)] == [False] * 60 + [True]


def test_a_message_has_at_most_64_kibibytes_unless_it_carries_an_experiment() -> None:
    def filled(type_: str, size: int, **fields: Any) -> str:
        empty = json.dumps({"type": type_, "id": "x", **fields})
        return empty[:-1] + " " * (size - len(empty)) + "}"

    assert violation(MessageLimits(), filled("pause", MAX_SMALL_MESSAGE_BYTES)) is None
    assert violation(MessageLimits(), filled("pause", MAX_SMALL_MESSAGE_BYTES + 1)) == TOO_BIG
    assert violation(MessageLimits(), "x" * (MAX_SMALL_MESSAGE_BYTES + 1)) == TOO_BIG
    assert violation(MessageLimits(), "[" * (MAX_SMALL_MESSAGE_BYTES + 1)) == TOO_BIG
    assert violation(MessageLimits(), "é" * (MAX_SMALL_MESSAGE_BYTES // 2 + 1)) == TOO_BIG
    assert violation(MessageLimits(), filled("hello", MAX_SMALL_MESSAGE_BYTES + 1, protocol=2)) is None
    assert violation(MessageLimits(), filled("configure", MAX_SMALL_MESSAGE_BYTES + 1, experiment={})) is None
    assert (
        violation(MessageLimits(), filled("configure", MAX_SMALL_MESSAGE_BYTES + 1, experiment={"no": 1}))
        is None
    )


def test_the_tenth_message_that_is_none_ends_the_connection() -> None:
    limits = MessageLimits()

    violations = [violation(limits, "?", now=step * 0.1) for step in range(MAX_INVALID)]

    assert violations == [None] * (MAX_INVALID - 1) + [TOO_MANY_INVALID]


def test_what_was_wrong_now_and_then_is_forgiven() -> None:
    limits = MessageLimits()

    assert {violation(limits, "?", now=60.0 * minute) for minute in range(100)} == {None}


@pytest.mark.anyio
async def test_each_invalid_message_is_answered_and_the_tenth_closes(server: LiveServer) -> None:
    async with greeted(server.socket_url) as connected:
        for number in range(10):
            await connected.send("nonsense", id=number)
        answers = [(await connected.event("error"))["code"] for _ in range(10)]
        with anyio.fail_after(PATIENCE_SECONDS):
            await connected.connection.wait_closed()

    assert answers == ["unknown-type"] * 10
    assert connected.connection.close_code == 1008


@pytest.mark.anyio
async def test_the_tenth_invalid_message_closes_before_hello_as_well(server: LiveServer) -> None:
    async with client(server.socket_url) as connected:
        for _ in range(10):
            await connected.connection.send(b"binary")
        answers = [(await connected.event())["code"] for _ in range(10)]
        with anyio.fail_after(PATIENCE_SECONDS):
            await connected.connection.wait_closed()

    assert answers == ["not-text"] * 10
    assert connected.connection.close_code == 1008


@pytest.mark.anyio
async def test_a_long_message_without_an_experiment_closes_the_connection(server: LiveServer) -> None:
    async with greeted(server.socket_url) as connected:
        await connected.connection.send(PAUSE[:-1] + " " * MAX_SMALL_MESSAGE_BYTES + "}")
        with anyio.fail_after(PATIENCE_SECONDS):
            await connected.connection.wait_closed()

    assert connected.connection.close_code == 1009


async def answered(connected: Client, count: int) -> float:
    """Ask something so often, and return how long the answers took."""
    began = time.monotonic()
    for _ in range(count):
        await connected.connection.send(PAUSE)
    for _ in range(count):
        await connected.event("state")
    return time.monotonic() - began


@pytest.mark.anyio
async def test_who_sends_too_fast_is_read_later_and_nobody_else_is(server: LiveServer) -> None:
    async with greeted(server.socket_url) as fast, greeted(server.socket_url) as other:
        took = 0.0

        async def flood() -> None:
            nonlocal took
            took = await answered(fast, MESSAGE_BURST + 100)

        with anyio.fail_after(PATIENCE_SECONDS):
            async with anyio.create_task_group() as group:
                group.start_soon(flood)
                slow = max([await answered(other, 1) for _ in range(20)])

    assert took > 100 / 20 * 0.9  # nothing was refused, but a hundred had to wait their turn
    assert slow < took / 2
