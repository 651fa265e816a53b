"""Security headers of every response, errors included."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from server.settings import Settings
from server.web.app import create_app
from server.web.middleware.hosts_and_origins import MAX_BODY_BYTES
from server.web.middleware.security_headers import Protections
from tests.support.live_server import LiveServer, live_server
from tests.support.wording import sentence

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def closed() -> Iterator[LiveServer]:
    embedders = (
        "--allow-embedding",
        "https://course.example",
        "--allow-embedding",
        "https://wiki.example:8443",
    )
    with live_server("--workers", "1", "--join-code", "abcd-efgh", *embedders) as running:
        yield running


def check(headers: Any, frame_ancestors: str = "'self'") -> None:
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == frame_ancestors
    for sources in policy.values():
        assert "unsafe" not in sources
        assert "*" not in sources
        assert "http:" not in sources
    for kind in ("script-src", "style-src"):  # files of this server, and what its pages bring along
        assert re.fullmatch(r"'self' 'sha256-[\w+/]{43}='", policy[kind])
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["trusted-types"] == "'none'"
    permissions = dict(part.strip().split("=", 1) for part in headers["permissions-policy"].split(","))
    assert {"camera", "geolocation", "microphone", "payment", "usb"} <= set(permissions)
    assert set(permissions.values()) == {"()"}
    assert "clipboard-write" not in permissions, "the page copies links and scripts"
    assert "server" not in headers
    assert "x-powered-by" not in headers


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {}, 200),
        ("GET", "/healthz", {}, 200),
        ("GET", "/nowhere", {"accept": "text/html"}, 404),
        ("GET", "/api/nowhere", {}, 404),
        ("GET", "/static/nothing.js", {}, 307),
        ("GET", "/", {"host": "evil.example"}, 400),
        ("GET", "/api/catalog", {}, 401),
        ("POST", "/api/join", {"origin": "http://evil.example"}, 403),
        ("POST", "/api/join", {}, 415),
        ("POST", "/api/join", JSON, 400),
        ("POST", "/api/join", JSON, 413),
    ],
)
def test_every_response_tells_browsers_what_to_refuse(
    closed: LiveServer, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    content = b"x" * (MAX_BODY_BYTES + 1) if status == 413 else b""
    answer = httpx.request(method, closed.url + path, headers=headers, content=content)

    assert answer.status_code == status
    check(answer.headers, "'self' https://course.example https://wiki.example:8443")


def test_the_headers_stay_when_the_server_itself_fails() -> None:
    app = create_app(Settings(workers=1))

    @app.get("/api/broken")
    def broken() -> None:
        raise RuntimeError("a secret of the inside")

    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as web:
        answer = web.get("/api/broken")

    assert answer.status_code == 500
    assert answer.json()["detail"] == sentence("server-failed")
    check(answer.headers)


def test_without_embedders_nobody_else_may_show_the_page(server: LiveServer) -> None:
    check(httpx.get(server.url).headers)


@pytest.mark.parametrize(
    ("host", "sockets"),
    [
        ("127.0.0.1:8000", " ws://127.0.0.1:8000 wss://127.0.0.1:8000"),
        ("School.example", " ws://School.example wss://School.example"),
        ("[::1]:8000", ""),  # no policy can name it; 'self' does
        ("a;script-src *.localhost", ""),
        (None, ""),
    ],
)
def test_sockets_of_the_same_host_are_named_and_nothing_else_gets_into_the_policy(
    host: str | None, sockets: str
) -> None:
    policy = Protections().headers(host)["Content-Security-Policy"]

    assert f"connect-src 'self'{sockets};" in policy
    assert "script-src 'self';" in policy


@pytest.mark.parametrize(
    "origin",
    ["course.example", "https://*.example", "https://a.example/b", "https://a.example; script-src *", "*"],
)
def test_what_is_no_origin_gets_into_no_policy(origin: str) -> None:
    with pytest.raises(ValueError, match="https://host"):
        Settings(allowed_embedders=(origin,))
