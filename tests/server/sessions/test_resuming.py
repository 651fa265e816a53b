"""Nothing is lost: sessions outlive connections, and tokens outlive servers. Through real servers."""

import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest

from engine import Experiment, Run, advance, begin
from engine.checkpoint import ENGINE
from engine.optimizers import OPTIMIZERS
from server.security.signing import load_keys
from server.sessions.resume_tokens import AUDIENCE, Claims, seal, unseal
from server.settings import default_state_folder
from tests.support.client import Client, client, cut, greeted, resumed
from tests.support.live_server import LiveServer, free_port, live_server

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAYGROUND_STATE_FOLDER", str(tmp_path))
    return tmp_path


@pytest.fixture
def kept_key() -> Path:
    """Where the server that all tests share keeps its key."""
    folder = default_state_folder()
    assert folder is not None
    return folder


def run_of(token: str, folder: Path) -> Run:
    run = unseal(load_keys((), folder), token).run()
    assert run is not None
    return run


def claim_of(token: str, folder: Path) -> Claims:
    return unseal(load_keys((), folder), token).claims


def losses(*clients: Client) -> dict[int, float]:
    """Return the training losses that clients have seen one after the other, by epoch."""
    seen: dict[int, float] = {}
    for connected in clients:
        for frame in connected.frames:
            seen |= dict(zip(frame["epochs"].tolist(), frame["train_loss"].tolist(), strict=True))
    return seen


@contextlib.asynccontextmanager
async def dropped(
    url: str, *, play: bool = True, acknowledge: bool = True, **experiment: Any
) -> AsyncIterator[Client]:
    """Play for a while, then lose the line without a word; some frames may be unacknowledged."""
    async with greeted(url, **experiment) as connected:
        await connected.kept()
        if play:
            await connected.ask("play")
            await connected.kept(epoch=3)
            connected.acknowledge = acknowledge
            await connected.frame()
        cut(connected)
    yield connected


# --------------------------------------------------------------------------------------------- on the same server


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
    assert welcome["state"]["reason"] == "resumed"
    assert welcome["state"]["playing"] is True
    assert first.number == 1
    assert first["train_points"].shape == (250, 3)
    assert first["map"].shape == (100, 100)
    assert first.epoch >= before.frames[-1].epoch
    if not acknowledge:
        assert sorted(losses(before, after)) == list(range(state["epoch"] + 1))
        _, report = advance(begin(Experiment()), epochs=state["epoch"])
        seen = losses(before, after)
        assert [seen[epoch] for epoch in report.epoch.tolist()] == report.train_loss[0].tolist()


async def test_training_goes_on_for_a_while_without_anybody_then_waits_and_says_so(folder: Path) -> None:
    with live_server("--workers", "1", settings={"alone_seconds": 0.3}) as server:
        async with dropped(server.socket_url) as before:
            await anyio.sleep(1.5)  # the time itself is what is tested
            async with resumed(server.socket_url, before.token) as (after, welcome):
                waited_at = welcome["state"]["epoch"]
                await after.frame(lambda frame: frame.epoch > waited_at)
                state = await after.ask("pause")
                await after.frame(lambda frame: frame.step == state["step"])

    assert welcome["recovered"] is True
    assert 0.5 < welcome["waited"] < 20
    assert welcome["state"]["playing"] is True
    assert waited_at > before.frames[-1].epoch
    assert sorted(losses(before, after)) == list(range(state["epoch"] + 1))


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


def resealed(token: str, folder: Path, **changes: Any) -> str:
    """Sign a token again with other claims, as a server with another clock would have written it."""
    keys = load_keys((), folder)
    opened = unseal(keys, token)
    return seal(keys, opened.claims.model_copy(update=changes), opened.run())[0]


@pytest.mark.parametrize("days", [-3, 3], ids=["set forward", "set back"])
async def test_a_living_session_is_found_whatever_the_clock_was_set_to(
    server: LiveServer, days: int, kept_key: Path
) -> None:
    async with dropped(server.socket_url, play=False) as before:
        token = resealed(before.token, kept_key, iat=time.time() + days * 86_400)
        async with resumed(server.socket_url, token) as (_, welcome):
            assert welcome["recovered"] is True


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
        assert welcome["state"]["epoch"] == 4


async def test_a_second_tab_with_the_same_token_takes_over_and_the_first_is_told(server: LiveServer) -> None:
    async with greeted(server.socket_url) as first:
        await first.ask("play")
        token = await first.kept()
        async with resumed(server.socket_url, token) as (second, welcome):
            closing, code = await first.closed()
            await second.frame(lambda frame: frame.epoch > welcome["state"]["epoch"])

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
                refused = await late.ask("hello", protocol=1, resume=token)
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
        assert welcome["state"]["epoch"] == 4


async def test_a_newer_token_never_attaches_to_an_older_state(folder: Path) -> None:
    with restarted(signal.SIGKILL) as (server, restart):
        async with greeted(server.socket_url) as before:
            older = await before.kept()
            await before.ask("step", count=4)
            newer = await before.kept(4)
            cut(before)
        await anyio.to_thread.run_sync(restart)
        async with client(server.socket_url) as revived:
            await revived.send("hello", protocol=1, resume=older)
            assert (await revived.event("welcome"))["state"]["epoch"] == 0
            async with resumed(server.socket_url, newer) as (_, welcome):
                assert welcome["recovered"] is False
                assert welcome["state"]["epoch"] == 4
            closing, _ = await revived.closed()
            assert closing is not None
            assert closing["reason"] == "taken-over"
        async with resumed(server.socket_url, older) as (_, welcome):  # now it is the older one again
            assert welcome["recovered"] is True
            assert welcome["state"]["epoch"] == 4


# -------------------------------------------------------------------------------------------------- from the token


async def test_after_its_time_a_session_is_rebuilt_from_the_token(folder: Path) -> None:
    with live_server("--workers", "1", settings={"alone_seconds": 0.1, "kept_seconds": 0.2}) as server:
        async with dropped(server.socket_url) as before:
            welcome: dict[str, Any] = {"recovered": True}
            for _ in range(100):
                if not welcome["recovered"]:
                    break
                await anyio.sleep(0.3)  # the time itself is what is tested
                async with resumed(server.socket_url, before.token) as (_, welcome):
                    pass

    assert welcome["recovered"] is False
    assert welcome["state"]["epoch"] == run_of(before.token, folder).epoch


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
    assert welcome["state"]["epoch"] == kept.epoch
    assert welcome["state"]["playing"] is True
    assert welcome["experiment"]["training"]["optimizer"] == "adam"
    assert first["train_points"].shape == (250, 3)
    again = run_of(after.token, folder)
    went_on, _ = advance(kept, steps=again.step - kept.step)
    np.testing.assert_array_equal(again.parameters, went_on.parameters)


@contextlib.contextmanager
def restarted(first: signal.Signals) -> Iterator[Any]:
    """Yield a server's address and what ends it by a signal and starts another at the same address."""
    port = str(free_port())
    with contextlib.ExitStack() as stack:
        one = stack.enter_context(live_server("--workers", "1", "--port", port))

        def again() -> None:
            one.process.send_signal(first)
            one.process.wait(30)
            stack.enter_context(live_server("--workers", "1", "--port", port))

        yield one, again


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
                assert welcome["state"]["step"] == 37
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
            server_children = children(server.process.pid)
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
                assert welcome["state"]["playing"] is True
                assert welcome["state"]["epoch"] == kept.epoch
                frame = await after.frame()
                assert frame.epoch >= kept.epoch
                if frame.step == kept.step:
                    np.testing.assert_array_equal(frame["parameters"], kept.parameters[0].astype(np.float32))
    assert len(lost) == 30
    # Two seconds at five epochs a second, and as much for a machine that is busy.
    assert max(lost) <= 2 * 5 * 2


def children(pid: int) -> list[int]:
    """Return the processes below a process."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found += [int(stat.parent.name), *children(int(stat.parent.name))]
    return found


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
            refused = await late.ask("hello", protocol=1, resume=token)
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
                refused = await connected.ask("hello", protocol=1, resume=text)
                closing, closed = await connected.closed()
            assert (refused["type"], refused["code"], closed) == ("error", code, 4409)
            assert refused["message"]
            assert closing is not None
            assert closing["reason"] == "resume"
        async with greeted(server.socket_url):  # the only place is still free
            pass


# ------------------------------------------------------------------------------------------------ room and idleness


async def test_at_the_cap_a_new_client_is_told_when_to_come_back_and_others_notice_nothing(
    folder: Path,
) -> None:
    with live_server("--workers", "1", settings={"max_sessions": 2}) as server:
        async with greeted(server.socket_url) as one, greeted(server.socket_url) as other:
            await one.ask("play")
            async with client(server.socket_url) as late:
                await late.send("hello", protocol=1)
                closing, code = await late.closed()
            before = one.frames[-1].epoch
            await one.frame(lambda frame: frame.epoch > before)
            await other.connection.close()  # goodbye
            for _ in range(1000):
                async with client(server.socket_url) as again:
                    await again.send("hello", protocol=1)
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
            await connected.ask("hello", protocol=1)
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


async def test_a_session_that_nobody_is_connected_to_makes_room_after_the_promised_time_only(
    folder: Path,
) -> None:
    with live_server("--workers", "1", settings={"max_sessions": 1, "kept_seconds": 1.5}) as server:
        async with dropped(server.socket_url, play=False) as before:
            async with client(server.socket_url) as early:
                await early.send("hello", protocol=1)
                closing, _ = await early.closed()
            async with resumed(server.socket_url, before.token) as (_, welcome):
                assert welcome["recovered"] is True
            for _ in range(1000):
                async with client(server.socket_url) as late:
                    await late.send("hello", protocol=1)
                    if (await late.event())["type"] == "welcome":
                        break
                await anyio.sleep(0.1)  # the time itself is what is tested
            else:
                pytest.fail("the place was never given away")
    assert closing is not None
    assert closing["reason"] == "full"


async def test_one_browser_has_its_share_and_others_have_theirs(folder: Path) -> None:
    with live_server("--workers", "1", settings={"max_client_sessions": 1}) as server:
        async with client(server.socket_url) as first:
            assert (await first.ask("hello", protocol=1, client="me"))["type"] == "welcome"
            async with client(server.socket_url) as second:
                await second.send("hello", protocol=1, client="me")
                closing, code = await second.closed()
            async with client(server.socket_url) as other:
                assert (await other.ask("hello", protocol=1, client="you"))["type"] == "welcome"

    assert code == 1013
    assert closing is not None
    assert closing["reason"] == "too-many"
    assert "1 open sessions" in closing["message"]


async def test_training_rests_when_nobody_does_anything_and_goes_on_with_one_click(folder: Path) -> None:
    with live_server("--workers", "1", settings={"rest_seconds": 0.5}) as server:
        async with greeted(server.socket_url) as connected:
            await connected.send("play", epochs_per_second=20)
            while True:
                state = await connected.event("state")
                if state["reason"] == "idle":
                    break
            assert state["playing"] is False
            going_on = await connected.ask("play", epochs_per_second=20)
            assert going_on["playing"] is True
            await connected.frame(lambda frame: frame.epoch > state["epoch"] + 1)


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
                assert welcome["state"]["epoch"] == 4
