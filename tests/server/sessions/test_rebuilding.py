"""Nothing is lost with a server: sessions go on from their tokens."""

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest

from engine import Experiment, advance, begin
from engine.checkpoint import ENGINE
from engine.registries.optimizers import OPTIMIZERS
from server.security.signing_keys import load_keys
from server.sessions.resume.tokens import AUDIENCE, Claims, seal
from tests.support.client import client, cut, greeted, resumed
from tests.support.live_server import LiveServer, live_server
from tests.support.processes import descendants
from tests.support.resuming import dropped, resealed, restarted, run_of

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("issued", [30.0, 4_000_000_000.0], ids=["in 1970", "in 2096"])
async def test_a_server_whose_clock_was_wrong_takes_its_tokens_after_a_restart(
    server: LiveServer, issued: float, kept_key: Path
) -> None:
    async with greeted(server.socket_url) as before:
        await before.ask("step", count=4)
        token = await before.kept(4)
    # Of a session that this server does not have, as after a restart.
    token = resealed(token, kept_key, iat=issued, session="another")
    async with resumed(server.socket_url, token) as (_, welcome):
        assert welcome["recovered"] is False
        assert welcome["runs"][0]["state"]["epoch"] == 4


async def test_a_newer_token_never_attaches_to_an_older_state(folder: Path) -> None:
    with restarted(signal.SIGKILL) as (server, restart):
        async with greeted(server.socket_url) as before:
            older = await before.kept()
            await before.ask("step", count=4)
            newer = await before.kept(4)
            cut(before)
        await anyio.to_thread.run_sync(restart)
        async with client(server.socket_url) as revived:
            await revived.send("hello", protocol=2, resume=older)
            assert (await revived.event("welcome"))["runs"][0]["state"]["epoch"] == 0
            async with resumed(server.socket_url, newer) as (_, welcome):
                assert welcome["recovered"] is False
                assert welcome["runs"][0]["state"]["epoch"] == 4
            closing, _ = await revived.closed()
            assert closing is not None
            assert closing["reason"] == "taken-over"
        async with resumed(server.socket_url, older) as (_, welcome):  # now it is the older one again
            assert welcome["recovered"] is True
            assert welcome["runs"][0]["state"]["epoch"] == 4


async def test_a_session_rebuilt_from_its_token_plays_on_bit_by_bit_and_shows_everything(
    folder: Path,
) -> None:
    with live_server("--workers", "1") as server:
        async with dropped(server.socket_url, training={"optimizer": "adam"}) as before:
            kept = run_of(before.token, folder)
            # Of a session that is not there.
            token = resealed(before.token, folder, session="another")
            async with resumed(server.socket_url, token) as (after, welcome):
                first = await after.frame()
                await after.frame(lambda frame: frame.epoch > kept.epoch + 2)
                state = await after.ask("pause")
                while run_of(await after.kept(state["epoch"]), folder).step < state["step"]:
                    await after.event("checkpoint")

    assert welcome["recovered"] is False
    assert welcome["waited"] == 0
    assert welcome["runs"][0]["state"]["epoch"] == kept.epoch
    assert welcome["runs"][0]["state"]["playing"] is True
    assert welcome["runs"][0]["experiment"]["training"]["optimizer"] == "adam"
    assert first["points/train"].shape == (250, 3)
    again = run_of(after.token, folder)
    went_on, _ = advance(kept, steps=again.step - kept.step)
    np.testing.assert_array_equal(again.parameters, went_on.parameters)


async def test_after_a_restart_every_optimizer_goes_on_bit_by_bit(folder: Path) -> None:
    tokens: dict[str, str] = {}
    with restarted(signal.SIGTERM) as (server, restart):
        async with contextlib.AsyncExitStack() as stack:
            for optimizer in OPTIMIZERS:
                experiment: dict[str, Any] = {
                    "training": {"optimizer": optimizer, "batching": "carried", "learning_rate": 0.003},
                    "objective": {"dropout": 0.1, "input_noise": 0.1, "penalty": "l1", "penalty_rate": 0.001},
                }
                connected = await stack.enter_async_context(greeted(server.socket_url, **experiment))
                state = await connected.ask("step", unit="batch", count=37)
                tokens[optimizer] = await connected.kept(state["epoch"])
                while run_of(connected.token, folder).step < 37:
                    await connected.event("checkpoint")
                tokens[optimizer] = connected.token
        await anyio.to_thread.run_sync(restart)
        for optimizer, token in tokens.items():
            before = run_of(token, folder)
            async with resumed(server.socket_url, token) as (connected, welcome):
                assert welcome["recovered"] is False
                assert welcome["runs"][0]["state"]["step"] == 37
                await connected.ask("step", unit="batch", count=60)
                while run_of(await connected.kept(), folder).step < 97:
                    await connected.event("checkpoint")
                after = run_of(connected.token, folder)
            uninterrupted, _ = advance(begin(before.experiment), steps=97)
            np.testing.assert_array_equal(after.parameters, uninterrupted.parameters, err_msg=optimizer)


async def test_thirty_sessions_resume_after_the_server_was_killed_and_lose_two_seconds_at_most(
    folder: Path,
) -> None:
    with restarted(signal.SIGKILL) as (server, restart):
        async with contextlib.AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(greeted(server.socket_url)) for _ in range(30)]
            for connected in clients:
                await connected.ask("play", epochs_per_second=5)
            for connected in clients:
                await connected.kept(epoch=2)
            lost = [
                connected.frames[-1].epoch - connected.checkpoint["epoch"]
                for connected in clients
                if connected.checkpoint
            ]
            server_children = descendants(server.process.pid)
            for connected in clients:
                cut(connected)
        await anyio.to_thread.run_sync(restart)
        for pid in server_children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        async with contextlib.AsyncExitStack() as stack:
            for connected in clients:
                kept = run_of(connected.token, folder)
                after, welcome = await stack.enter_async_context(resumed(server.socket_url, connected.token))
                assert welcome["recovered"] is False
                assert welcome["runs"][0]["state"]["playing"] is True
                assert welcome["runs"][0]["state"]["epoch"] == kept.epoch
                frame = await after.frame()
                assert frame.epoch >= kept.epoch
                if frame.step == kept.step:
                    np.testing.assert_array_equal(
                        frame["parameters/values"], kept.parameters[0].astype(np.float32)
                    )
    assert len(lost) == 30
    # Two seconds at five epochs a second, and as much for a machine that is busy.
    assert max(lost) <= 2 * 5 * 2


async def test_a_run_too_large_for_a_token_lives_on_this_server_only(folder: Path) -> None:
    large: dict[str, Any] = {"network": {"hidden": [64, 64]}, "training": {"optimizer": "adam"}}
    with restarted(signal.SIGTERM) as (server, restart):
        async with greeted(server.socket_url, **large) as before:
            token = await before.kept()
            assert before.checkpoint is not None
            assert before.checkpoint["whole"] is False
            assert len(token) < 2000
            cut(before)
        async with resumed(server.socket_url, token) as (_, welcome):
            assert welcome["recovered"] is True
        await anyio.to_thread.run_sync(restart)
        async with client(server.socket_url) as late:
            refused = await late.ask("hello", protocol=2, resume=token)
            _, code = await late.closed()

    assert refused["code"] == "resume-gone"
    assert code == 4409


def flipped(token: str) -> str:
    middle = len(token) // 2
    return token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]


async def test_a_token_that_is_refused_says_why_closes_4409_and_leaves_no_session_behind(
    folder: Path,
) -> None:
    keys = load_keys((), folder)
    good: dict[str, Any] = {
        "aud": AUDIENCE, "iat": time.time(), "engine": ENGINE, "session": "n",
        "secret": "0123456789abcdef", "run": 1, "history": 1, "playing": True, "speed": None,
    }  # fmt: skip
    run = begin(Experiment())

    def token(**changes: Any) -> str:
        return seal(keys, Claims(**{**good, **changes}), run)[0]

    wrong = {
        "resume-forged": flipped(token()),
        "resume-expired": token(iat=time.time() - 90_000),
        "resume-audience": token(aud="elsewhere"),
        "resume-engine": token(engine=ENGINE + 1),
        "resume-malformed": "nonsense",
        "resume-too-long": "A" * 65_537,
    }
    with live_server("--workers", "1", settings={"max_sessions": 1}) as server:
        for code, text in wrong.items():
            async with client(server.socket_url) as connected:
                refused = await connected.ask("hello", protocol=2, resume=text)
                closing, closed = await connected.closed()
            assert (refused["type"], refused["code"], closed) == ("error", code, 4409)
            assert refused["message"]
            assert closing is not None
            assert closing["reason"] == "resume"
        async with greeted(server.socket_url):  # the only place is still free
            pass


@pytest.mark.parametrize(("setting", "reason"), [("idle_seconds", "idle"), ("session_seconds", "age")])
async def test_a_session_is_freed_after_its_time_and_goes_on_from_its_token(
    folder: Path, setting: str, reason: str
) -> None:
    with live_server("--workers", "1", settings={setting: 0.8, "max_sessions": 1}) as server:
        async with greeted(server.socket_url) as connected:
            await connected.ask("step", count=4)
            token = await connected.kept(4)
            closing, code = await connected.closed()
            assert (code, closing and closing["reason"]) == (4001, reason)
            async with resumed(server.socket_url, token) as (_, welcome):
                assert welcome["recovered"] is False
                assert welcome["runs"][0]["state"]["epoch"] == 4
