"""Behind a proxy that is configured wrongly: what the server answers and what it writes into its log."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2 as httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.support import mistakes
from tests.support.client import client
from tests.support.live_server import LiveServer, live_server
from tests.support.proxies import Proxy, proxy

HOST_LINE = "proxy_set_header Host $http_host;"
UPGRADE_LINE = "proxy_set_header Upgrade $http_upgrade;"
SCHEME_LINE = "proxy_set_header X-Forwarded-Proto $scheme;"


@pytest.fixture(scope="module")
def behind() -> Iterator[LiveServer]:
    with live_server("--compute", "inline", "--log-format", "json") as running:
        yield running


def refusal_log(server: LiveServer) -> list[dict[str, str]]:
    entries = map(json.loads, server.log.read_text().splitlines())
    return [entry for entry in entries if "refused" in entry]


async def handshake(front: Proxy, origin: str) -> int:
    """Return the status that a browser's WebSocket gets."""
    tls = front.trust if origin.startswith("https") else None
    with pytest.raises(InvalidStatus) as refused:
        async with client(f"{origin.replace('http', 'ws', 1)}/ws", origin=origin, ssl=tls, proxy=None):
            pass
    return refused.value.response.status_code


def diagnosis(front: Proxy, origin: str) -> dict[str, str]:
    """Return what the server answers to a page that asks why."""
    with httpx.Client(verify=front.trust) as web:
        return web.get(f"{origin}/ws", params={"page": origin}).json()


@pytest.mark.anyio
@pytest.mark.parametrize("mistake", ["NO_HOST", "HOST_WITHOUT_PORT"])
async def test_a_host_that_is_not_passed_on_is_told_with_the_line_that_mends_it(
    behind: LiveServer, tmp_path: Path, mistake: str
) -> None:
    with proxy("nginx", behind.url, tmp_path, getattr(mistakes, mistake)) as front:
        status = await handshake(front, front.http)
        answer = diagnosis(front, front.http)

    host = behind.url.removeprefix("http://") if mistake == "NO_HOST" else "localhost"
    assert status == 403
    assert answer["reason"] == "other-origin"
    for value in (front.http, host, HOST_LINE, "--allow-origin"):
        assert value in answer["detail"]
    entry = refusal_log(behind)[-1]
    seen = {"refused": "other-origin", "origin": front.http, "host": host, "level": "warning"}
    assert seen.items() <= entry.items()
    assert HOST_LINE in entry["event"]
    assert "PLAYGROUND_ALLOWED_ORIGINS" in entry["event"]


@pytest.mark.anyio
async def test_a_host_of_another_name_is_told_with_the_setting_that_mends_it(
    behind: LiveServer, tmp_path: Path
) -> None:
    name = "backend-of-the-playground"  # long enough to look like a secret to the log
    with proxy("nginx", behind.url, tmp_path, mistakes.HOST_OF_UPSTREAM) as front:
        page = httpx.get(front.http, headers={"accept": "text/html"})
        status = await handshake(front, front.http)
        answer = diagnosis(front, front.http)

    assert (page.status_code, status) == (400, 403)
    assert answer["reason"] == "other-host"
    for text in (page.text, answer["detail"]):
        for value in (name, HOST_LINE, "--allow-host", "PLAYGROUND_ALLOWED_HOSTS"):
            assert value in text
    found = [entry for entry in refusal_log(behind) if entry["refused"] == "other-host"]
    assert len(found) == 1  # though three requests were refused
    assert found[0]["host"] == name
    assert f"“{name}”" in found[0]["event"]
    assert HOST_LINE in found[0]["event"]


@pytest.mark.anyio
async def test_an_upgrade_that_is_not_passed_on_is_told_with_the_lines_that_mend_it(tmp_path: Path) -> None:
    with live_server("--compute", "inline", "--log-format", "json") as behind:
        for mistake in (mistakes.NO_UPGRADE, mistakes.NO_CONNECTION, mistakes.NO_UPGRADE_HEADER):
            with proxy("nginx", behind.url, tmp_path, mistake) as front:
                status = await handshake(front, front.http)
                answer = diagnosis(front, front.http)

            assert status == 426
            assert answer["reason"] == "no-upgrade"
            assert UPGRADE_LINE in answer["detail"]
        (entry,) = refusal_log(behind)

    assert entry["refused"] == "no-upgrade"
    for line in ("proxy_http_version 1.1;", UPGRADE_LINE, "proxy_set_header Connection"):
        assert line in entry["event"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("trusted", "mistake", "proxy_told"),
    [
        (("--trusted-proxy", "127.0.0.1"), mistakes.NO_SCHEME, "ADDRESS"),
        ((), {}, "127.0.0.1"),
    ],
    ids=["not sent", "not trusted"],
)
async def test_tls_that_the_server_does_not_know_of_is_told_with_what_mends_it(
    tmp_path: Path, trusted: tuple[str, ...], mistake: Mapping[str, str], proxy_told: str
) -> None:
    with (
        live_server("--compute", "inline", "--log-format", "json", *trusted) as behind,
        proxy("nginx", behind.url, tmp_path, mistake) as front,
    ):
        status = await handshake(front, front.https)
        answer = diagnosis(front, front.https)
        (entry,) = refusal_log(behind)

    assert status == 403
    assert answer["reason"] == entry["refused"] == "other-scheme"
    assert (entry["origin"], entry["scheme"], entry["proxy"]) == (front.https, "http", proxy_told)
    for text in (answer["detail"], entry["event"]):
        assert SCHEME_LINE in text
        assert "--trusted-proxy" in text
    assert "127.0.0.1" not in answer["detail"]  # the client has not sent it


def test_a_page_asks_through_a_proxy_that_is_right_and_finds_nothing_else(
    behind: LiveServer, tmp_path: Path
) -> None:
    with proxy("nginx", behind.url, tmp_path) as front:
        before = refusal_log(behind)
        answer = diagnosis(front, front.http)
        plain = httpx.get(f"{behind.url}/ws")

    assert answer["reason"] == "no-upgrade"
    assert refusal_log(behind)[: len(before)] == before
    assert plain.status_code == 426
    assert plain.headers["upgrade"] == "websocket"
    assert plain.json()["reason"] == "no-upgrade"


def test_a_page_of_elsewhere_is_told_of_in_the_log_once(behind: LiveServer) -> None:
    def of_elsewhere() -> list[dict[str, str]]:
        return [entry for entry in refusal_log(behind) if entry.get("origin") == "https://elsewhere.example"]

    for _ in range(3):
        answer = httpx.post(
            f"{behind.url}/api/classic", json={"link": ""}, headers={"origin": "https://elsewhere.example"}
        )
        assert answer.status_code == 403
        assert answer.json()["reason"] == "other-origin"

    (entry,) = of_elsewhere()
    assert entry["host"] == behind.url.removeprefix("http://")
