"""Nothing is lost: sessions outlive connections, and tokens outlive servers. Through real servers."""

import time
from pathlib import Path

import pytest

from engine import Experiment, advance, begin
from engine.checkpoint import ENGINE
from server.security.signing_keys import load_keys
from server.sessions.resume.tokens import AUDIENCE, Claims, seal
from tests.support.client import client, cut, greeted, resumed
from tests.support.live_server import LiveServer, live_server
from tests.support.resuming import claim_of, dropped, losses, resealed

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("acknowledge", [True, False])
async def test_a_dropped_line_comes_back_to_the_same_run_with_a_gapless_loss_history(
    server: LiveServer, acknowledge: bool
) -> None:
    async with dropped(server.socket_url, acknowledge=acknowledge) as before:
        before.frames.pop()  # the last one is lost on the way, as far as this client knows
        if acknowledge:
            before.frames += [before.frames[-1]]  # … unless it has acknowledged it: then it is not lost
        async with resumed(server.socket_url, before.token) as (after, welcome):
            first = await after.frame()
            state = await after.ask("pause")
            await after.frame(lambda frame: frame.step == state["step"])

    assert welcome["recovered"] is True
    assert welcome["runs"][0]["state"]["reason"] == "resumed"
    assert welcome["runs"][0]["state"]["playing"] is True
    assert first.number == 1
    assert first["points/train"].shape == (250, 3)
    assert first["map/values"].shape == (100, 100)
    assert first.epoch >= before.frames[-1].epoch
    if not acknowledge:
        assert sorted(losses(before, after)) == list(range(state["epoch"] + 1))
        _, report = advance(begin(Experiment()), epochs=state["epoch"])
        seen = losses(before, after)
        assert [seen[epoch] for epoch in report.epoch.tolist()] == report.train_loss[0].tolist()


async def test_a_short_absence_is_not_worth_a_word(server: LiveServer) -> None:
    async with dropped(server.socket_url) as before, resumed(server.socket_url, before.token) as (_, welcome):
        assert welcome["waited"] == 0


async def test_an_end_is_told_again(server: LiveServer) -> None:
    stop = {"stop": "epochs", "stop_options": {"epochs": 3.0}}
    async with greeted(server.socket_url, training=stop) as before:
        await before.send("play")
        await before.event("stopped")
        token = await before.kept(3)
        cut(before)
    async with resumed(server.socket_url, token) as (after, welcome):
        stopped = await after.event("stopped")

    assert welcome["recovered"] is True
    assert stopped["epoch"] == 3


async def test_knowing_the_public_name_of_a_session_does_not_attach(folder: Path) -> None:
    with live_server("--workers", "1") as server:
        async with greeted(server.socket_url) as victim:
            name = claim_of(await victim.kept(), folder).session
            forged = Claims(
                aud=AUDIENCE,
                iat=time.time(),
                engine=ENGINE,
                session=name,
                secret="some secret or other",
                run=1,
                history=1,
                playing=False,
                speed=None,
            )
            token, _ = seal(load_keys((), folder), forged, begin(Experiment()))
            async with resumed(server.socket_url, token) as (_, welcome):
                assert welcome["recovered"] is False
                assert welcome["session"] != name
            assert (await victim.ask("pause"))["type"] == "state"  # still there


@pytest.mark.parametrize("days", [-3, 3], ids=["set forward", "set back"])
async def test_a_living_session_is_found_whatever_the_clock_was_set_to(
    server: LiveServer, days: int, kept_key: Path
) -> None:
    async with dropped(server.socket_url, play=False) as before:
        token = resealed(before.token, kept_key, iat=time.time() + days * 86_400)
        async with resumed(server.socket_url, token) as (_, welcome):
            assert welcome["recovered"] is True


async def test_a_second_tab_with_the_same_token_takes_over_and_the_first_is_told(server: LiveServer) -> None:
    async with greeted(server.socket_url) as first:
        await first.ask("play")
        token = await first.kept()
        async with resumed(server.socket_url, token) as (second, welcome):
            closing, code = await first.closed()
            await second.frame(lambda frame: frame.epoch > welcome["runs"][0]["state"]["epoch"])

    assert welcome["recovered"] is True
    assert code == 4001
    assert closing is not None
    assert closing["reason"] == "taken-over"
    assert closing["code"] == 4001


async def test_what_an_answered_command_of_the_old_line_left_behind_is_not_told_to_the_new(
    server: LiveServer,
) -> None:
    async with greeted(server.socket_url) as before:
        token = await before.kept()
        await before.send("step", id="old", unit="epoch", count=1000)
        cut(before)
    async with resumed(server.socket_url, token) as (after, _):
        state = await after.event("state")

    assert state["reason"] == "stepped"
    assert state["id"] is None


async def test_a_goodbye_frees_the_place_and_no_token_revives_the_session(folder: Path) -> None:
    with live_server("--workers", "1", settings={"max_sessions": 1, "kept_seconds": 3600}) as server:
        async with greeted(server.socket_url) as gone:
            older = await gone.kept()
            await gone.ask("step", count=4)
            newest = await gone.kept(4)
        for token in (older, newest, older):
            async with client(server.socket_url) as late:
                refused = await late.ask("hello", protocol=2, resume=token)
                _, code = await late.closed()
            assert (refused["code"], code) == ("resume-revoked", 4409)
        async with greeted(server.socket_url):
            pass


async def test_an_older_token_attaches_to_the_newer_session_and_changes_nothing(server: LiveServer) -> None:
    async with greeted(server.socket_url) as before:
        older = await before.kept()
        await before.ask("step", count=4)
        await before.kept(4)
        cut(before)
    async with resumed(server.socket_url, older) as (_, welcome):
        assert welcome["recovered"] is True
        assert welcome["runs"][0]["state"]["epoch"] == 4


async def test_a_page_of_protocol_1_is_asked_to_reload_and_then_goes_on_with_its_run(
    server: LiveServer,
) -> None:
    async with greeted(server.socket_url) as before:
        await before.ask("step", count=4)
        token = await before.kept(4)
        cut(before)
    async with client(server.socket_url) as old:
        refused = await old.ask("hello", protocol=1, resume=token)
        cut(old)
    async with resumed(server.socket_url, token) as (_, welcome):
        assert (refused["type"], refused["code"]) == ("error", "protocol")
        assert welcome["recovered"] is True
        assert welcome["runs"][0]["state"]["epoch"] == 4
