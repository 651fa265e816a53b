"""Fairness: what one person takes beside others. Addresses of this machine stand for people; through real servers."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx2 as httpx
import pytest

from tests.support.client import Client, client, cut
from tests.support.live_server import LiveServer, live_server

pytestmark = pytest.mark.anyio

CODE = "abcd-efgh"


@contextlib.asynccontextmanager
async def coming(
    server: LiveServer, address: str, **hello: Any
) -> AsyncIterator[tuple[Client, dict[str, Any]]]:
    """Say hello from an address; yields the client and the answer."""
    headers = {"Cookie": hello.pop("cookie")} if "cookie" in hello else {}
    async with client(server.socket_url, local_addr=(address, 0), additional_headers=headers) as connected:
        await connected.send("hello", protocol=2, **hello)
        while (answer := await connected.event())["type"] not in ("welcome", "closing"):
            pass
        yield connected, answer


async def inside(
    stack: contextlib.AsyncExitStack, server: LiveServer, address: str, **hello: Any
) -> Client | None:
    """Come in and stay; None if the server does not let in."""
    connected, answer = await stack.enter_async_context(coming(server, address, **hello))
    return connected if answer["type"] == "welcome" else None


def join(server: LiveServer) -> str:
    joined = httpx.post(server.url + "/api/join", json={"code": CODE})
    return str(joined.headers["set-cookie"].partition(";")[0])


async def test_one_address_with_ever_new_names_keeps_nobody_out_and_takes_nobodys_place() -> None:
    with live_server("--workers", "1", settings={"max_sessions": 20}) as server:
        async with contextlib.AsyncExitStack() as stack:
            learners = [await inside(stack, server, f"127.0.0.{10 + number}") for number in range(4)]
            tokens = []
            for learner in learners:
                assert learner is not None
                tokens.append(await learner.kept())
            cut(learners[0])  # type: ignore[arg-type]
            hostile = [
                await inside(stack, server, "127.0.0.2", client=f"somebody {number}") for number in range(20)
            ]
            entered = sum(connected is not None for connected in hostile)
            async with coming(server, "127.0.0.2", client="yet another") as (_, refused):
                pass
            newcomer = await inside(stack, server, "127.0.0.3")
            async with coming(server, "127.0.0.10", resume=tokens[0]) as (_, returned):
                pass
            for learner in learners[1:]:
                assert learner is not None
                assert (await learner.ask("pause"))["type"] == "state"

    assert entered < 16
    assert refused["reason"] == "too-many"
    assert newcomer is not None
    assert returned["recovered"] is True


async def test_a_class_behind_one_address_has_all_places_with_a_code() -> None:
    with live_server("--workers", "1", "--join-code", CODE, settings={"max_sessions": 20}) as server:
        async with contextlib.AsyncExitStack() as stack:
            learners = [await inside(stack, server, "127.0.0.1", cookie=join(server)) for _ in range(20)]
            async with coming(server, "127.0.0.1", cookie=join(server)) as (_, refused):
                pass

    assert None not in learners
    assert refused["reason"] == "full"


async def test_with_a_code_the_sessions_of_a_browser_are_counted_whatever_it_calls_itself() -> None:
    settings = {"max_client_sessions": 2}
    with live_server("--workers", "1", "--join-code", CODE, settings=settings) as server:
        mine = join(server)
        async with contextlib.AsyncExitStack() as stack:
            entered = [
                await inside(stack, server, f"127.0.0.{number + 2}", cookie=mine, client=str(number))
                for number in range(3)
            ]
            other = await inside(stack, server, "127.0.0.2", cookie=join(server), client="0")

    assert [connected is not None for connected in entered] == [True, True, False]
    assert other is not None


async def test_who_says_hello_and_goes_delays_only_itself_at_the_entrance() -> None:
    waits: list[float] = []

    async def hello_and_go(server: LiveServer) -> None:
        while True:
            with contextlib.suppress(OSError):
                async with client(server.socket_url, local_addr=("127.0.0.2", 0)) as connected:
                    await connected.send("hello", protocol=2)
                    cut(connected)

    with live_server("--workers", "1") as server:
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(hello_and_go, server)
            for number in range(5):
                begin = anyio.current_time()
                async with coming(server, f"127.0.0.{10 + number}") as (_, answer):
                    waits.append(anyio.current_time() - begin)
                assert answer["type"] == "welcome"
            group.cancel_scope.cancel()

    assert max(waits) < 5


async def test_what_one_address_computes_is_as_much_as_what_another_does_however_many_sessions_it_has() -> (
    None
):
    with live_server("--workers", "1") as server:
        async with contextlib.AsyncExitStack() as stack:
            crowd = [await inside(stack, server, "127.0.0.2", client=f"name {n}") for n in range(6)]
            single = await inside(stack, server, "127.0.0.3")
            everybody = [connected for connected in (*crowd, single) if connected is not None]
            for connected in everybody:
                await connected.send("watch", hidden=True)
                await connected.ask("play")
            await anyio.sleep(3)  # the time itself is what is tested
            epochs = [(await connected.ask("pause"))["epoch"] for connected in everybody]

    assert len(epochs) == 7
    assert epochs[-1] > 2 * sum(epochs[:-1]) / 6
