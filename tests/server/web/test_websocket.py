"""The WebSocket, through a real server."""

import json
import statistics
from typing import Any

import anyio
import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.i18n import bundled
from server.protocol.frame_compression import FrameDecompressor
from server.protocol.messages import PROTOCOL
from server.settings import MAX_MESSAGE_BYTES
from tests.support.client import assert_losses_are_the_engines, client, greeted
from tests.support.frames import decode_one
from tests.support.live_server import LiveServer, live_server
from tests.support.views import watched
from tests.support.wording import sentence

pytestmark = pytest.mark.anyio


async def test_the_losses_on_the_wire_are_those_of_the_engine(server: LiveServer) -> None:
    async with greeted(server.socket_url, training={"seed": 3}) as connected:
        await connected.ask("step", count=20)
        await connected.frame(lambda frame: frame.epoch == 20)

    assert_losses_are_the_engines(connected, 20, training={"seed": 3})


async def test_playing_streams_frames_in_order_with_every_epoch_until_paused(server: LiveServer) -> None:
    async with greeted(server.socket_url) as connected:
        await connected.ask("play")
        for _ in range(10):
            await connected.frame()
        state = await connected.ask("pause")
        await connected.frame(lambda frame: frame.step == state["step"])

    numbers = [frame.number for frame in connected.frames]
    assert numbers == list(range(1, len(numbers) + 1))
    epochs = np.concatenate([frame["losses/epochs"] for frame in connected.frames])
    assert epochs.tolist() == list(range(state["epoch"] + 1))
    losses = np.concatenate([frame["losses/train"] for frame in connected.frames])
    assert losses[-1] < losses[0] / 5


async def test_at_one_epoch_per_second_the_second_epoch_takes_a_second(server: LiveServer) -> None:
    async with greeted(server.socket_url) as connected:
        await connected.ask("play", epochs_per_second=1)
        await connected.frame(lambda frame: frame.epoch == 1)
        start = anyio.current_time()
        await connected.frame(lambda frame: frame.epoch == 2)
        elapsed = anyio.current_time() - start

    assert 0.7 < elapsed < 3


async def test_a_client_that_acknowledges_nothing_gets_two_frames_and_then_the_newest(
    server: LiveServer,
) -> None:
    async with client(server.socket_url, acknowledge=False) as connected:
        await connected.send("hello", protocol=2)
        await connected.frame()
        await connected.ask("play")
        second = await connected.frame()
        state = await connected.ask("pause")  # no third frame came before this answer
        assert [frame.number for frame in connected.frames] == [1, 2]

        await connected.send("ack", frame=2)
        third = await connected.frame()

    assert third.number == 3
    assert third.step == state["step"] >= second.step
    assert third["losses/epochs"].tolist() == list(range(second.epoch + 1, third.epoch + 1))


BAD: list[str | bytes] = [
    "not json",
    json.dumps({"type": "sing"}),
    json.dumps({"type": "play", "loud": True}),
    json.dumps({"type": "hello", "protocol": 2}),
    json.dumps({"type": "play", "epochs_per_second": 1e308}),
    '{"type": "configure", "experiment": {"training": {"learning_rate": NaN}}}',
    json.dumps({"type": "configure", "experiment": {"network": {"hidden": [4] * 20}}}),
    json.dumps({"type": "configure", "experiment": {"features": []}}),
    json.dumps({"type": "set_parameter", "layer": 9, "unit": 0, "input": 0, "value": 1}),
    b"\x00\x01\x02",
]


async def test_bad_messages_are_answered_and_the_run_goes_on_as_if_nothing_had_happened(
    server: LiveServer,
) -> None:
    async with greeted(server.socket_url) as connected:
        await connected.ask("play")
        for message in BAD:
            await connected.connection.send(message)
            error = await connected.event()
            assert error["type"] == "error"
            assert error["message"]
        await connected.frame()
        state = await connected.ask("pause")
        await connected.frame(lambda frame: frame.step == state["step"])

    assert_losses_are_the_engines(connected, state["epoch"])


async def test_a_hello_of_another_protocol_is_refused_and_a_right_one_follows(server: LiveServer) -> None:
    async with client(server.socket_url) as connected:
        error = await connected.ask("hello", protocol=1)

        assert (error["code"], error["field"]) == ("protocol", "protocol")
        assert error["message"] == sentence("protocol", protocol=1, spoken=PROTOCOL)
        welcome = await connected.ask("hello", protocol=2)
        assert welcome["type"] == "welcome"


async def test_a_diverging_run_is_explained_and_can_be_reset(server: LiveServer) -> None:
    experiment: dict[str, Any] = {
        "data": {"dataset": "plane"},
        "features": ["x1²", "x2²"],
        "training": {"learning_rate": 10},
    }
    async with greeted(server.socket_url, **experiment) as connected:
        await connected.send("play")
        diverged = await connected.event("diverged")
        assert diverged["message"] == sentence("diverged-by-rate", rate=10)
        assert (await connected.event("state"))["playing"] is False

        await connected.send("reset")
        await connected.event("configured")
        frame = await connected.frame(lambda frame: frame.metadata["run"] == "2")

    assert frame.epoch == 0


async def test_two_sessions_do_not_meet(server: LiveServer) -> None:
    async with (
        greeted(server.socket_url) as one,
        greeted(server.socket_url, network={"hidden": [2]}) as other,
    ):
        await one.ask("step", count=5)
        await other.ask("step", count=2)
        first = await one.frame(lambda frame: frame.epoch == 5)
        second = await other.frame(lambda frame: frame.epoch == 2)

    assert first["parameters/values"].shape == (25,)
    assert second["parameters/values"].shape == (9,)


async def test_the_largest_network_allowed_trains_and_is_drawn(server: LiveServer) -> None:
    features = ["x1", "x2", "x1²", "x2²", "x1x2", "sin x1", "sin x2"]
    async with greeted(server.socket_url, network={"hidden": [64] * 10}, features=features) as connected:
        await connected.send("watch", views=watched(tiles=True))
        await connected.ask("step", unit="batch", count=2)
        frame = await connected.frame(lambda frame: frame.step == 2)

    assert frame["tiles/values"].shape == (641, 20, 20)


async def test_a_message_that_is_too_long_closes_the_connection(server: LiveServer) -> None:
    async with greeted(server.socket_url) as connected:
        await connected.connection.send("x" * (MAX_MESSAGE_BYTES + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await connected.event("never")

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_compression_is_never_agreed_to(server: LiveServer) -> None:
    async with connect(server.socket_url, compression="deflate") as connection:
        assert connection.response is not None
        assert "Sec-WebSocket-Extensions" not in connection.response.headers


async def test_a_page_of_another_origin_is_refused(server: LiveServer) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(server.socket_url, origin="https://elsewhere.example"):  # type: ignore[arg-type]
            pass

    assert refused.value.response.status_code == 403


async def test_a_connection_without_hello_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_HELLO_SECONDS", "0.2")
    with live_server("--workers", "1") as server:
        async with client(server.socket_url) as connected:
            with pytest.raises(ConnectionClosed) as closed:
                await connected.event()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_an_experiment_whose_steps_take_too_long_is_refused_in_hello_and_later(
    server: LiveServer,
) -> None:
    heavy: dict[str, Any] = {
        "data": {"samples": 10_000, "train_fraction": 0.9},
        "network": {"hidden": [64] * 10},
        "training": {"batch_size": 10_000},
    }
    async with client(server.socket_url) as connected:
        error = await connected.ask("hello", protocol=2, experiment=heavy)
        assert (error["code"], error["field"]) == ("too-much", "training.batch_size")
        assert (await connected.ask("hello", protocol=2))["type"] == "welcome"
        assert (await connected.ask("configure", experiment=heavy))["code"] == "too-much"
        heavy["training"]["batch_size"] = 100
        assert (await connected.ask("configure", experiment=heavy))["type"] == "configured"


async def test_packed_frames_are_the_plain_ones_and_small(server: LiveServer) -> None:
    async with greeted(server.socket_url) as plain, client(server.socket_url, acknowledge=False) as packed:
        await packed.send("hello", protocol=2, encoding="packed")
        decompressor = FrameDecompressor()
        sizes: list[int] = []
        frames: list[tuple[dict[str, str], dict[str, np.ndarray]]] = []
        await packed.send("play", epochs_per_second=60)
        while len(frames) < 20:
            message = await packed.connection.recv()
            if isinstance(message, bytes):
                sizes.append(len(message))
                frames.append(decode_one(decompressor.decompress(message)))
                await packed.send("ack", frame=len(sizes))
        epoch = int(frames[-1][0]["epoch"])
        await plain.ask("step", count=epoch)
        same = await plain.frame(lambda frame: frame.epoch == epoch)

    assert [int(metadata["frame"]) for metadata, _ in frames] == list(range(1, 21))
    assert np.concatenate([tensors["losses/epochs"] for _, tensors in frames]).tolist() == list(
        range(epoch + 1)
    )
    for name in ("map/values", "parameters/values", "scores/values"):
        assert np.array_equal(frames[-1][1][name], same[name])
    assert statistics.median(sizes) < 6000


async def test_guarantee_9_a_hidden_page_gets_losses_only_and_everything_again_at_once(
    server: LiveServer,
) -> None:
    async with greeted(server.socket_url) as connected:
        await connected.ask("play", epochs_per_second=60)
        await connected.frame(lambda frame: frame.epoch > 5)
        start = anyio.current_time()
        await connected.send("watch", views=watched(unit=(0, 1)))
        await connected.frame(
            lambda frame: json.loads(frame.metadata["map"]).get("unit") == {"layer": 0, "unit": 1}
        )
        usual = anyio.current_time() - start

        await connected.send("watch", hidden=True)
        hidden = [await connected.frame(lambda frame: "map/values" not in frame.tensors)]
        start = anyio.current_time()
        hidden += [await connected.frame() for _ in range(3)]
        elapsed = anyio.current_time() - start
        for frame in hidden:
            assert set(frame.tensors) == {"losses/epochs", "losses/train", "losses/test"}
        assert hidden[-1].epoch > hidden[0].epoch + 60
        assert elapsed > 2.5

        await connected.send("watch", views=watched(tiles=True))
        start = anyio.current_time()
        full = await connected.frame()
        assert anyio.current_time() - start < 0.5 + usual
        assert {"map/values", "tiles/values", "parameters/values", "scores/values"} <= set(full.tensors)
        await connected.ask("pause")

    epochs = np.concatenate([frame["losses/epochs"] for frame in connected.frames])
    assert epochs.tolist() == list(range(len(epochs)))


async def test_a_server_with_nothing_to_say_says_that_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_HEARTBEAT_SECONDS", "0.1")
    with live_server() as server:
        async with greeted(server.socket_url) as connected:
            for _ in range(3):
                assert await connected.event("heartbeat") == {"type": "heartbeat", "id": None}


async def test_a_run_begins_with_changed_fields_and_notes_on_the_others(server: LiveServer) -> None:
    async with client(server.socket_url) as connected:
        error = await connected.ask("hello", protocol=PROTOCOL, changes={"training.stop": "no such"})
        assert (error["code"], error["field"]) == ("invalid", "training.stop")
        welcome = await connected.ask(
            "hello",
            protocol=PROTOCOL,
            language="zh-Hans",
            experiment={"network": {"hidden": [3]}},
            changes={"training.stop": "early-stopping"},
        )

    assert welcome["runs"][0]["experiment"]["network"]["hidden"] == [3]
    assert welcome["runs"][0]["experiment"]["data"]["validation_fraction"] == 0.2
    (note,) = welcome["notes"]
    assert bundled()["zh-Hans"].percent(0.2) in note
