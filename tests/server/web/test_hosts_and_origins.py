"""Checks of hosts, origins, content types and sizes, as tables and through the real server."""

import json
import socket
from collections.abc import Iterator

import httpx2 as httpx
import pytest

from server.settings import MAX_MESSAGE_BYTES
from server.web.middleware.hosts_and_origins import MAX_BODY_BYTES, host_allowed, known_hosts, origin_allowed
from tests.support.client import PATIENCE_SECONDS
from tests.support.live_server import LiveServer, live_server
from tests.support.wording import sentence

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


ORIGINS = [
    (None, "127.0.0.1:8000", True),  # no browser
    ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
    ("HTTP://127.0.0.1:8000", "127.0.0.1:8000", True),
    ("http://LOCALHOST:8000", "localhost:8000", True),
    ("http://localhost:8000", "LocalHost:8000", True),
    ("http://localhost.:8000", "localhost.:8000", True),
    ("http://localhost.:8000", "localhost:8000", False),  # for a browser these are two places
    ("http://localhost:8000", "localhost.:8000", False),
    ("http://school.example", "school.example:80", True),
    ("https://school.example", "school.example", True),  # behind a proxy that speaks TLS and does not say so
    ("https://school.example:443", "school.example", True),
    ("http://[::1]:8000", "[::1]:8000", True),
    ("https://trusted.example", "127.0.0.1:8000", True),
    ("https://trusted.example.", "127.0.0.1:8000", False),
    ("http://trusted.example", "127.0.0.1:8000", False),
    ("null", "127.0.0.1:8000", False),
    ("http://127.0.0.1:9000", "127.0.0.1:8000", False),
    ("http://127.0.0.1", "127.0.0.1:8000", False),
    ("https://127.0.0.1:8000", "127.0.0.1:8000", False),
    ("http://localhost:8000", "127.0.0.1:8000", False),
    ("https://good.example.evil.example", "good.example", False),
    ("https://evil.example/good.example", "good.example", False),
    ("https://good.example@evil.example", "good.example", False),
    ("https://evil.example#good.example", "good.example", False),
    ("https://user@good.example", "good.example", False),
    ("https://sub.good.example", "good.example", False),
    ("https://good.example", "sub.good.example", False),
    ("http://127.0.0.1:8000.evil.example", "127.0.0.1:8000", False),
    ("https://trusted.example.evil.example", "127.0.0.1:8000", False),
    ("ftp://127.0.0.1:8000", "127.0.0.1:8000", False),
    ("file://", "127.0.0.1:8000", False),
    ("chrome-extension://127.0.0.1:8000", "127.0.0.1:8000", False),
    ("http://evil.example", None, False),
    ("http://", "", False),
    ("", "", False),
]


@pytest.mark.parametrize(("origin", "host", "allowed"), ORIGINS)
def test_origins(origin: str | None, host: str | None, allowed: bool) -> None:
    assert origin_allowed(origin, host, ("https://trusted.example",)) is allowed


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("https://school.example", "school.example", True),
        ("https://school.example:8443", "school.example:8443", True),
        ("http://school.example", "school.example", False),
        ("http://school.example:443", "school.example", False),
        ("https://school.example:8443", "school.example", False),
    ],
)
def test_origins_where_it_is_known_that_the_page_came_by_tls(origin: str, host: str, allowed: bool) -> None:
    assert origin_allowed(origin, host, (), secure=True) is allowed


@pytest.fixture(scope="module")
def trusting() -> Iterator[LiveServer]:
    names = [option for name in ("good.example", "school.example") for option in ("--allow-host", name)]
    with live_server("--workers", "1", *names, "--allow-origin", "https://trusted.example") as running:
        yield running


def handshake(server: LiveServer, *headers: tuple[str, str]) -> int:
    """Return the status of the answer to a WebSocket's handshake with these headers, Host among them."""
    host, port = server.url.removeprefix("http://").split(":")
    lines = [
        "GET /ws HTTP/1.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *(f"{name}: {value}" for name, value in headers),
    ]
    with socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        status = connection.recv(2**16).split(b" ")[1]
    return int(status)


@pytest.mark.parametrize(("origin", "host", "allowed"), ORIGINS)
def test_a_socket_from_a_page_of_elsewhere_is_refused_before_it_is_accepted(
    trusting: LiveServer, origin: str | None, host: str | None, allowed: bool
) -> None:
    port = trusting.url.rpartition(":")[2]
    headers = [("Host", (host or "127.0.0.1:8000").replace("8000", port))]
    if origin is not None:
        headers.append(("Origin", origin.replace("8000", port)))

    assert handshake(trusting, *headers) == (101 if allowed else 403)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "good.example.evil.example"])
def test_a_socket_whose_host_is_spoofed_to_suit_its_page_is_refused(trusting: LiveServer, host: str) -> None:
    assert handshake(trusting, ("Host", host), ("Origin", f"http://{host}")) == 403


def test_a_socket_with_two_origins_or_two_hosts_is_refused(trusting: LiveServer) -> None:
    host = ("Host", trusting.url.removeprefix("http://"))
    origin = ("Origin", trusting.url)

    assert handshake(trusting, host, origin) == 101
    assert handshake(trusting, host, origin, ("Origin", "http://evil.example")) in (400, 403)
    assert handshake(trusting, host, ("Host", "evil.example"), origin) in (400, 403)


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/catalog", "/nowhere"])
def test_a_request_for_another_host_is_refused_as_json_or_text(server: LiveServer, path: str) -> None:
    answer = httpx.get(server.url + path, headers={"host": "evil.example"})
    person = httpx.get(server.url + path, headers={"host": "evil.example", "accept": "text/html"})

    refusal = sentence("other-host", host="evil.example")
    assert answer.status_code == person.status_code == 400
    assert answer.json() == {"detail": refusal, "reason": "other-host"}
    assert person.text == f"{refusal}\n"
    assert person.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("school.example", 200),
        ("SCHOOL.example.:443", 200),
        ("school.example.evil.example", 400),
        ("evil.example", 400),
    ],
)
def test_the_same_hosts_are_answered_for_pages_and_sockets(
    trusting: LiveServer, host: str, status: int
) -> None:
    page = httpx.get(trusting.url, headers={"host": host})

    assert page.status_code == status
    assert handshake(trusting, ("Host", host)) == (101 if status == 200 else 403)


def test_a_body_above_the_limit_is_refused(server: LiveServer) -> None:
    url, kind = server.url + "/api/export/numpy", {"content-type": "application/json"}

    announced = httpx.post(url, content=b"x" * (MAX_BODY_BYTES + 1), headers=kind)
    in_pieces = httpx.post(
        url, content=(b"x" * 65_536 for _ in range(MAX_BODY_BYTES // 65_536 + 1)), headers=kind
    )

    assert announced.status_code == in_pieces.status_code == 413
    assert announced.json()["reason"] == "body-too-long"
    assert in_pieces.json()["detail"] == sentence("body-too-long", most=MAX_MESSAGE_BYTES)


@pytest.mark.parametrize("path", ["/api/export/numpy", "/api/nowhere", "/", "/api/catalog"])
def test_a_body_that_is_announced_as_too_long_is_refused_before_any_of_it_is_sent(
    server: LiveServer, path: str
) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {MAX_BODY_BYTES + 1}\r\n\r\n".encode()
        )

        assert connection.recv(2**16).startswith(b"HTTP/1.1 413 ")


CLASSIC = {"link": "#seed=0.5"}


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/plain; application/json",
        "",
    ],
)
def test_what_a_form_can_send_changes_nothing(server: LiveServer, kind: str) -> None:
    answer = httpx.post(
        server.url + "/api/classic", content=json.dumps(CLASSIC), headers={"content-type": kind}
    )

    assert answer.status_code == 415
    assert answer.json()["reason"] == ("other-type" if kind else "no-type")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_request_from_a_page_of_elsewhere_changes_nothing(
    server: LiveServer, headers: dict[str, str]
) -> None:
    answer = httpx.post(server.url + "/api/classic", json=CLASSIC, headers=headers)
    form = httpx.post(server.url + "/api/classic", data={"link": "#seed=0.5"}, headers=headers)

    assert answer.status_code == form.status_code == 403
    named = "other-origin" if headers.get("origin", "null") != "null" else "page-of-elsewhere"
    assert answer.json()["reason"] == named


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"content-type": "application/json; charset=utf-8"},
        {"content-type": "APPLICATION/JSON"},
    ],
)
def test_a_request_from_here_or_from_no_page_is_answered(server: LiveServer, headers: dict[str, str]) -> None:
    own = httpx.post(server.url + "/api/classic", json=CLASSIC, headers={"origin": server.url} | headers)

    assert own.status_code == httpx.post(server.url + "/api/classic", json=CLASSIC).status_code == 200


def test_no_page_of_elsewhere_may_read_or_ask_first(server: LiveServer) -> None:
    headers = {
        "origin": "http://evil.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    asked = httpx.options(server.url + "/api/classic", headers=headers)
    read = httpx.get(server.url + "/api/catalog", headers=headers)

    for answer in (asked, read):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert asked.status_code == 405


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nowhere", 404),
        ("GET", "/api/classic", 405),
        ("POST", "/api/export/fortran", 422),
        ("POST", "/api/classic", 422),
        ("POST", "/api/join", 404),
    ],
)
def test_every_error_of_the_rest_says_what_is_wrong(
    server: LiveServer, method: str, path: str, status: int
) -> None:
    answer = httpx.request(
        method,
        server.url + path,
        headers={"accept": "application/json", "content-type": "application/json"},
        content=b"{}",
    )

    assert answer.status_code == status
    assert isinstance(answer.json()["detail"], str)
    assert len(answer.json()["detail"]) > 10
