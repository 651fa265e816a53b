"""HEAD, asked by raw sockets of a real server, over the routes of the application itself."""

import re
import socket
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from server.web.assets.files import revision
from tests.server.web.test_join_gate import routes
from tests.support.client import PATIENCE_SECONDS
from tests.support.live_server import LiveServer, live_server

TOKEN = "a-token-that-is-long-enough"
CHANGING = {"/metrics"}
"""Routes whose body is another one each time."""

PATHS = sorted({path for method, path in routes() if method == "GET"})
STATUSES = {"/api/join": 404, "/ws": 426}
"""Of routes that answer something else than 200 here: no join code is asked for, and no WebSocket."""
MISSING = ["/nowhere", "/a/b/nowhere", "/api/nowhere", "/api/catalog/", "/static/old/js/main.js"]

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def metered() -> Iterator[LiveServer]:
    with live_server("--workers", "1", "--metrics-port", "0", settings={"metrics_token": TOKEN}) as running:
        yield running


class Connection:
    """A connection that is kept: whatever a response brings too many bytes spoils the next one."""

    def __init__(self, host: str, port: int) -> None:
        self._host = f"{host}:{port}"
        self._socket = socket.create_connection((host, port), PATIENCE_SECONDS)
        self._file: BinaryIO = self._socket.makefile("rb")

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        lines = {"Host": self._host, "Authorization": f"Bearer {TOKEN}", **headers}
        request = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items())
        self._socket.sendall(request.encode() + b"\r\n")
        status = self._file.readline()
        assert status.startswith(b"HTTP/1."), status
        found = {}
        while line := self._file.readline().strip().decode():
            name, _, value = line.partition(": ")
            found[name.lower()] = value
        has_body = method != "HEAD" and int(status.split()[1]) != 304
        return (
            int(status.split()[1]),
            found,
            self._file.read(int(found["content-length"])) if has_body else b"",
        )


def connect(url: str) -> Connection:
    host, port = re.sub(r"^http://|/.*", "", url).split(":")
    return Connection(host, int(port))


@pytest.mark.parametrize("headers", [{}, {"Accept-Encoding": "gzip"}], ids=["plain", "gzip"])
@pytest.mark.parametrize("path", [*PATHS, *MISSING], ids=lambda path: path.replace(revision(), "files"))
def test_a_route_answers_head_as_it_answers_get_without_the_body(
    metered: LiveServer, path: str, headers: dict[str, str]
) -> None:
    with connect(metered.url) as connection:
        head = connection.ask("HEAD", path, **headers)
        get = connection.ask("GET", path, **headers)

    for answer in (head, get):
        del answer[1]["date"]
        if path in CHANGING:
            assert int(answer[1].pop("content-length")) > 0
    assert head[:2] == get[:2]
    assert get[2] or get[0] == 307
    assert get[0] == STATUSES.get(path, 200) or path in MISSING


def test_a_page_that_the_client_has_is_not_sent_for_head_either(metered: LiveServer) -> None:
    with connect(metered.url) as connection:
        tag = connection.ask("HEAD", "/")[1]["etag"]

        answers = [connection.ask(method, "/", **{"If-None-Match": tag}) for method in ("HEAD", "GET")]

    assert [status for status, *_ in answers] == [304, 304]
    assert answers[0][1].keys() == answers[1][1].keys()


@pytest.mark.parametrize("method", ["OPTIONS", "DELETE"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.replace(revision(), "files"))
def test_where_a_method_is_refused_head_is_among_those_that_are_allowed(
    metered: LiveServer, method: str, path: str
) -> None:
    with connect(metered.url) as connection:
        status, headers, _ = connection.ask(method, path, **{"Content-Type": "application/json"})

    assert status == 405
    allowed = {allowed for allowed, other in routes() if other == path and allowed != "WEBSOCKET"}
    assert set(headers["allow"].split(", ")) == allowed | {"HEAD"}


def test_head_is_not_allowed_where_get_is_not(metered: LiveServer) -> None:
    with connect(metered.url) as connection:
        status, headers, _ = connection.ask("HEAD", "/api/classic")

    assert (status, headers["allow"]) == (405, "POST")


def test_the_port_of_the_metrics_answers_head_too(metered: LiveServer) -> None:
    found = re.search(r"Metrics: (\S+)", metered.told)
    assert found is not None
    answers = {}
    for method in ("HEAD", "GET", "OPTIONS"):
        with connect(found.group(1)) as connection:  # that server closes each connection
            answers[method] = connection.ask(method, "/metrics")

    assert answers["HEAD"][0] == answers["GET"][0] == 200
    assert answers["HEAD"][1].keys() == answers["GET"][1].keys()
    assert "HEAD" in answers["OPTIONS"][1]["allow"]
    assert b"playground_sessions" in answers["GET"][2]
