"""Requests as they stand on the wire: how long they are, and by which method."""

import socket
import struct
from collections.abc import Iterator
from contextlib import closing

import httpx2 as httpx
import pytest

from tests.support.client import PATIENCE_SECONDS
from tests.support.live_server import LiveServer, live_server

JSON = "Content-Type: application/json\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"


@pytest.fixture(scope="module")
def closed() -> Iterator[LiveServer]:
    with live_server("--workers", "1", "--join-code", "abcd-efgh") as running:
        yield running


def exchange(
    server: LiveServer, line: str, headers: str = "", body: str = ""
) -> tuple[int, dict[str, str], bytes]:
    """Send a request as it is given; return status, headers, and all that comes until the server closes.

    A second request follows at once, which asks for the connection to be closed.
    """
    host = server.url.removeprefix("http://")
    last = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    address, port = host.split(":")
    with closing(socket.create_connection((address, int(port)), timeout=PATIENCE_SECONDS)) as connection:
        connection.sendall(f"{line}\r\nHost: {host}\r\n{headers}\r\n{body}".encode())
        connection.sendall(last.encode())
        received = bytearray()
        while True:
            try:
                data = connection.recv(2**16)
            except ConnectionResetError:
                break
            if not data:
                break
            received += data
    head, _, rest = bytes(received).partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    named = dict(each.lower().split(": ", 1) for each in lines)
    return int(status.split(" ")[1]), named, rest


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/classic", "/nowhere"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (f"Content-Length: 5\r\n{CHUNKED}", "0\r\n\r\n"),
        (f"{CHUNKED}Content-Length: 5\r\n", "0\r\n\r\n"),
        ("Content-Length: 0\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
        ("Content-Length: 0, 5\r\n", "0\r\n\r\n"),
        ("Content-Length: +5\r\n", "0\r\n\r\n"),
        ("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
        ("Transfer-Encoding: identity\r\n", ""),
        (f"{CHUNKED}{CHUNKED}", "0\r\n\r\n"),
        ("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
    ],
)
def test_a_body_whose_length_is_in_doubt_is_refused_and_ends_the_connection(
    server: LiveServer, method: str, path: str, headers: str, body: str
) -> None:
    status, named, rest = exchange(server, f"{method} {path} HTTP/1.1", JSON + headers, body)

    assert status == 400
    assert named["connection"] == "close"
    assert b"HTTP/1.1 200" not in rest, "the bytes behind the request were taken for another one"


UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


@pytest.mark.parametrize(("headers", "body"), [("Content-Length: 5\r\n", "hello"), (CHUNKED, "0\r\n\r\n")])
def test_a_handshake_with_a_body_is_answered_as_a_request_that_is_none(
    server: LiveServer, headers: str, body: str
) -> None:
    status, named, _ = exchange(server, "GET /ws HTTP/1.1", UPGRADE + headers, body)

    assert status == 426
    assert named["upgrade"] == "websocket"


def test_chunks_in_a_request_of_http_1_0_are_refused(server: LiveServer) -> None:
    status, named, _ = exchange(server, "POST /api/classic HTTP/1.0", JSON + CHUNKED, "0\r\n\r\n")

    assert (status, named["connection"]) == (400, "close")


def test_a_doubt_is_told_in_words_and_counts_before_all_other_doors(closed: LiveServer) -> None:
    both = f"Content-Length: 5\r\n{CHUNKED}Origin: http://evil.example\r\n"
    status, named, rest = exchange(closed, "POST /api/classic HTTP/1.1", both, "0\r\n\r\n")

    assert (status, named["connection"]) == (400, "close")
    assert b'"reason": "length-in-doubt"' in rest


@pytest.mark.parametrize("kind", ["", JSON])
@pytest.mark.parametrize(
    "method", ["TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "PROPFIND", "get", "A" * 5000]
)
@pytest.mark.parametrize("fixture", ["server", "closed"])
def test_a_method_that_no_route_takes_is_answered_with_those_that_are(
    request: pytest.FixtureRequest, fixture: str, method: str, kind: str
) -> None:
    server: LiveServer = request.getfixturevalue(fixture)
    allowed = {
        "/": {"get", "head"},
        "/healthz": {"get", "head"},
        "/ws": {"get", "head"},
        "/api/catalog": {"get", "head"},
        "/api/classic": {"post"},
        "/api/join": {"get", "head", "post"},
        "/static/x/y.js": {"get", "head"},
    }
    for path, methods in allowed.items():
        status, named, _ = exchange(server, f"{method} {path} HTTP/1.1", kind)
        assert (status, set(named["allow"].split(", "))) == (405, methods), path

    assert exchange(server, f"{method} /api/nowhere HTTP/1.1", kind)[0] == 404
    assert exchange(server, f"{method} 127.0.0.1:80 HTTP/1.1", kind)[0] == 404


def test_post_without_a_type_is_no_question_of_the_method_where_it_is_taken(server: LiveServer) -> None:
    assert exchange(server, "POST / HTTP/1.1")[0] == 405
    assert exchange(server, "POST /api/classic HTTP/1.1")[0] == 415


@pytest.mark.parametrize("abrupt", [False, True])
def test_a_client_that_goes_in_the_middle_of_a_body_is_no_fault_of_the_server(abrupt: bool) -> None:
    paths = (
        "/api/classic",
        "/api/classic/link",
        "/api/read",
        "/api/export/numpy",
        "/api/join",
        "/",
        "/nowhere",
    )
    with live_server("--workers", "1", "--join-code", "abcd-efgh", "--log-level", "info") as server:
        host = server.url.removeprefix("http://")
        joined = httpx.post(f"{server.url}/api/join", json={"code": "abcd-efgh"})
        cookie = joined.headers["set-cookie"].partition(";")[0]
        for path in paths:
            for length in ("Content-Length: 100\r\n\r\n{", f"{CHUNKED}\r\n5\r\n{{"):
                with socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as connection:
                    connection.sendall(
                        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n{JSON}{length}".encode()
                    )
                    httpx.get(f"{server.url}/healthz")  # by now the beginning of the body has been read
                    if abrupt:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        server.process.terminate()
        server.process.wait(PATIENCE_SECONDS)
        log = server.log.read_text()

    assert "Traceback" not in log
    assert " error " not in log
