"""Doors: hosts, origins and sizes, as tables and through the real server."""

import httpx2 as httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server.doors import MAX_BODY_BYTES, host_allowed, known_hosts, origin_allowed
from tests.support.live_server import LiveServer, live_server

KNOWN = known_hosts(("Playground.School.example.",))


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        ("127.0.0.1:8000", True),
        ("192.168.7.9", True),
        ("[::1]:8000", True),
        ("localhost", True),
        ("LocalHost:8000", True),
        ("anything.localhost:8000", True),
        ("playground.school.example", True),
        ("PLAYGROUND.school.example.:443", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("playground.school.example.evil.example", False),
        ("school.example", False),
        ("user@127.0.0.1", False),
        ("127.0.0.1/path", False),
        ("127.0.0.1:port", False),
        ("[::1", False),
        ("", False),
        (None, False),
    ],
)
def test_hosts(header: str | None, allowed: bool) -> None:
    assert host_allowed(header, KNOWN) is allowed


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        (None, "127.0.0.1:8000", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://LOCALHOST:8000", "localhost:8000", True),
        ("http://localhost.:8000", "localhost:8000", True),
        ("https://school.example", "school.example", True),  # behind a proxy that speaks TLS
        ("https://school.example:443", "school.example", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("https://trusted.example", "127.0.0.1:8000", True),
        ("null", "127.0.0.1:8000", False),
        ("http://127.0.0.1:9000", "127.0.0.1:8000", False),
        ("http://127.0.0.1", "127.0.0.1:8000", False),
        ("https://good.example.evil.example", "good.example", False),
        ("http://127.0.0.1:8000.evil.example", "127.0.0.1:8000", False),
        ("https://trusted.example.evil.example", "127.0.0.1:8000", False),
        ("ftp://127.0.0.1:8000", "127.0.0.1:8000", False),
        ("chrome-extension://127.0.0.1:8000", "127.0.0.1:8000", False),
        ("http://evil.example", None, False),
        ("http://", "", False),
        ("", "", False),
    ],
)
def test_origins(origin: str | None, host: str | None, allowed: bool) -> None:
    assert origin_allowed(origin, host, ("https://trusted.example",)) is allowed


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/catalog", "/nowhere"])
def test_a_request_that_names_another_host_is_refused_and_told_what_to_do(
    server: LiveServer, path: str
) -> None:
    answer = httpx.get(server.url + path, headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert '"evil.example"' in answer.text
    assert "--allow-host" in answer.text


@pytest.mark.anyio
async def test_a_socket_that_names_another_host_is_refused(server: LiveServer) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(server.socket_url, additional_headers={"Host": "evil.example"}):
            pass

    assert refused.value.response.status_code in (400, 403)


def test_a_configured_host_is_answered() -> None:
    with live_server("--allow-host", "school.example") as own:
        answer = httpx.get(own.url, headers={"host": "school.example"})

    assert answer.status_code == 200


def test_a_body_above_the_limit_is_refused(server: LiveServer) -> None:
    announced = httpx.post(server.url + "/api/export/numpy", content=b"x" * (MAX_BODY_BYTES + 1))
    in_pieces = httpx.post(
        server.url + "/api/export/numpy", content=(b"x" * 65_536 for _ in range(MAX_BODY_BYTES // 65_536 + 1))
    )

    assert announced.status_code == in_pieces.status_code == 413
