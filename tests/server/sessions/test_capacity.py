"""How many sessions there may be, and how long they live without anybody."""

import time
from pathlib import Path

import anyio
import pytest

from tests.support.client import client, greeted
from tests.support.live_server import live_server

pytestmark = pytest.mark.anyio


async def test_at_the_cap_a_new_client_is_told_when_to_come_back_and_others_notice_nothing(
    folder: Path,
) -> None:
    with live_server("--workers", "1", settings={"max_sessions": 2}) as server:
        async with greeted(server.socket_url) as one, greeted(server.socket_url) as other:
            await one.ask("play")
            async with client(server.socket_url) as late:
                await late.send("hello", protocol=2)
                closing, code = await late.closed()
            before = one.frames[-1].epoch
            await one.frame(lambda frame: frame.epoch > before)
            await other.connection.close()  # goodbye
            for _ in range(1000):
                async with client(server.socket_url) as again:
                    await again.send("hello", protocol=2)
                    if (await again.event())["type"] == "welcome":
                        break

    assert code == 1013
    assert closing is not None
    assert closing["reason"] == "full"
    assert 5 <= closing["retry_after"] <= 15


async def test_when_a_whole_network_comes_back_at_once_a_hundred_get_in_within_a_second() -> None:
    welcomed: list[float] = []

    async def come_in(url: str) -> None:
        async with client(url) as connected:
            await connected.ask("hello", protocol=2)
            welcomed.append(time.monotonic())
            if len(welcomed) == 150:
                all_in.set()
            await all_in.wait()

    all_in = anyio.Event()
    with live_server("--workers", "1") as server:
        async with anyio.create_task_group() as group:
            for _ in range(150):
                group.start_soon(come_in, server.socket_url)

    assert all(later - earlier >= 0.9 for earlier, later in zip(welcomed, welcomed[100:], strict=False))
    assert welcomed[-1] - welcomed[0] < 15


async def test_one_browser_has_its_share_and_others_have_theirs(folder: Path) -> None:
    with live_server("--workers", "1", settings={"max_client_sessions": 1}) as server:
        async with client(server.socket_url) as first:
            assert (await first.ask("hello", protocol=2, client="me"))["type"] == "welcome"
            async with client(server.socket_url) as second:
                await second.send("hello", protocol=2, client="me")
                closing, code = await second.closed()
            async with client(server.socket_url) as other:
                assert (await other.ask("hello", protocol=2, client="you"))["type"] == "welcome"

    assert code == 1013
    assert closing is not None
    assert closing["reason"] == "too-many"
    assert "1" in closing["message"]
