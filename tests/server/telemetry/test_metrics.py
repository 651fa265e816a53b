"""Metrics: what is counted, and who may read it (guarantee 42)."""

import re
from collections.abc import Iterator
from urllib.request import urlopen

import anyio
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from server.settings import Settings
from server.telemetry.metrics import CLOSE_CODES, REASONS, RESUMES, Metrics
from server.web.app import create_app
from server.web.message_limits import MESSAGE_BURST
from tests.support.client import client, greeted
from tests.support.live_server import LiveServer, live_server
from tests.support.processes import engine_processes, kill, needs_proc
from tests.support.wire import connect

pytestmark = pytest.mark.anyio

TOKEN = "a-token-that-is-long-enough"

Samples = dict[tuple[str, str], float]


def samples(text: str) -> Samples:
    """Read the text format: (name, value of the only label) → value."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name, ",".join(sample.labels.values())] = sample.value
    return found


@pytest.fixture
def web() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(workers=1, metrics_token=TOKEN)), base_url="http://localhost") as web:
        yield web


@pytest.fixture(scope="module")
def metered() -> Iterator[tuple[LiveServer, str]]:
    """A server with a port for metrics, and the address of these."""
    with live_server("--workers", "1", "--metrics-port", "0") as server:
        found = re.search(r"Metrics: (\S+)", server.told)
        assert found is not None
        yield server, found.group(1)


def read(address: str) -> Samples:
    with urlopen(address) as response:
        return samples(response.read().decode())


async def settled(address: str, name: str, label: str, least: float) -> Samples:
    """Read until a value is reached: what is sampled comes with the next beat."""
    with anyio.fail_after(50):
        while True:
            found = await anyio.to_thread.run_sync(read, address)
            if found[name, label] >= least:
                return found


async def test_a_session_is_counted_with_all_that_is_sent_and_how_it_ends(
    metered: tuple[LiveServer, str],
) -> None:
    server, address = metered
    before = read(address)
    async with greeted(server.socket_url) as connected:
        await connected.ask("step", count=5)
        await connected.frame(lambda frame: frame.epoch == 5)
        during = await settled(address, "playground_sessions", "", 1)
        frames = len(connected.frames)
    after = await settled(
        address, "playground_closes_total", "1000", before["playground_closes_total", "1000"] + 1
    )

    assert during["playground_connections", ""] == 1
    assert during["playground_frames_sent_total", ""] - before["playground_frames_sent_total", ""] >= frames
    assert during["playground_sent_bytes_total", ""] - before["playground_sent_bytes_total", ""] > 10_000
    assert (
        during["playground_slice_seconds_count", ""] - before["playground_slice_seconds_count", ""] >= frames
    )
    assert during["playground_slice_seconds_sum", ""] > before["playground_slice_seconds_sum", ""]
    for kind in ("training", "pictures"):
        key = f"playground_{kind}_seconds_total", ""
        assert during[key] > before[key]
    assert during["playground_queue_seconds_count", ""] > before["playground_queue_seconds_count", ""]
    assert after["playground_connections", ""] == 0
    assert 0 <= after["playground_loop_lag_seconds", ""] < 60


async def test_a_frame_that_nobody_acknowledges_grows_old_and_newer_numbers_replace_each_other(
    metered: tuple[LiveServer, str],
) -> None:
    server, address = metered
    async with greeted(server.socket_url, acknowledge=False) as connected:
        await connected.ask("play")
        await connected.frame()
        await settled(address, "playground_oldest_frame_age_seconds", "", 0.5)
        found = await settled(address, "playground_frames_replaced_total", "", 1)

    assert found["playground_frames_replaced_total", ""] >= 1


async def test_refusals_are_counted_by_reason(metered: tuple[LiveServer, str]) -> None:
    server, address = metered
    before = read(address)

    for headers in ({"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}):
        with pytest.raises(Exception, match=r"HTTP/1\.1 403"):
            await connect(server.socket_url, headers=headers)

    for reason in ("origin", "host"):  # counted when the answer has gone out
        key = "playground_rejects_total", reason
        after = await settled(address, *key, before[key] + 1)
        assert after[key] == before[key] + 1


async def test_labels_are_bounded_and_no_session_has_its_own(metered: tuple[LiveServer, str]) -> None:
    server, address = metered
    before = set(read(address))
    for code in range(4700, 4720):
        wire = await connect(server.socket_url)
        await wire.hello()
        wire.send_raw(code.to_bytes(2, "big"), opcode=8)
        await wire.over.wait()

    after = await settled(address, "playground_closes_total", "other", 20)

    assert set(after) == before
    labels = {label for name, label in after if "bucket" not in name and label}
    assert labels == {*map(str, CLOSE_CODES), *REASONS, *RESUMES, "other"}


def test_without_a_token_there_is_nothing(server: LiveServer) -> None:
    with TestClient(create_app(Settings(workers=1)), base_url="http://localhost") as web:
        assert web.get("/metrics").status_code == 404
        assert web.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        TOKEN,
        "Bearer ü",
    ],
)
def test_who_has_not_the_token_is_refused(web: TestClient, header: str | None) -> None:
    response = web.get("/metrics", headers=[] if header is None else [(b"authorization", header.encode())])

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "playground_" not in response.text


def test_who_has_the_token_may_read(web: TestClient) -> None:
    response = web.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    assert samples(response.text)["playground_connections", ""] == 0


def test_two_applications_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()

    one.throttled()

    name = "playground_throttled_messages_total", ""
    assert (samples(one.text().decode())[name], samples(other.text().decode())[name]) == (1, 0)


def test_a_token_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(ValueError, match="metrics_token") as refused:
        Settings(metrics_token="hunter2")

    assert "hunter2" not in str(refused.value)


@needs_proc
async def test_engine_processes_that_are_replaced_are_counted(metered: tuple[LiveServer, str]) -> None:
    server, address = metered
    key = "playground_engine_restarts_total", ""
    before = (await anyio.to_thread.run_sync(read, address))[key]

    for pid in engine_processes(server.process.pid):
        kill(pid)
    async with greeted(server.socket_url) as connected:
        await connected.ask("step")

    assert (await settled(address, *key, before + 1))[key] >= before + 1


async def test_who_comes_back_is_counted_by_the_way(metered: tuple[LiveServer, str]) -> None:
    server, address = metered
    before = await anyio.to_thread.run_sync(read, address)
    async with client(server.socket_url) as connected:
        await connected.ask("hello", protocol=2)
        token = (await connected.event("checkpoint"))["token"]
        connected.connection.transport.abort()
    async with client(server.socket_url) as connected:
        assert (await connected.ask("hello", protocol=2, resume=token))["recovered"]
    async with client(server.socket_url) as connected:
        await connected.ask("hello", protocol=2, resume="x" + token)

    after = await settled(
        address, "playground_rejects_total", "resume", before["playground_rejects_total", "resume"] + 1
    )
    for kind, times in (("live", 1), ("refused", 1), ("token", 0)):
        key = "playground_resumes_total", kind
        assert after[key] - before[key] == times


async def test_messages_that_are_made_to_wait_are_counted(metered: tuple[LiveServer, str]) -> None:
    server, address = metered
    key = "playground_throttled_messages_total", ""
    before = (await anyio.to_thread.run_sync(read, address))[key]
    async with greeted(server.socket_url) as connected:
        for _ in range(MESSAGE_BURST + 20):
            await connected.send("watch")
        after = await settled(address, *key, before + 1)

    assert after[key] > before
