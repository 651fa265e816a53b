"""Joining: with a join code, nothing is open to who has not given it, on a real server and over all routes."""

import re
import time
from collections.abc import Iterator
from typing import Any

import anyio
import httpx2 as httpx
import pytest
from starlette.routing import WebSocketRoute

from server.security.guess_log import SUSPICIOUS
from server.settings import Settings
from server.web.app import create_app
from server.web.assets.files import revision
from server.web.middleware.join_gate import PUBLIC_FOLDER, PUBLIC_ROUTES, PUBLIC_WEBSOCKETS, TOKEN_ROUTES
from tests.support.client import PATIENCE_SECONDS, client
from tests.support.live_server import LiveServer, live_server
from tests.support.wording import sentence

CODE = "abcd-efgh"
STATUSES = {"POST /api/join": 422, "POST /api/tickets": 200, "GET /ws": 426}
"""Of what is open but does not answer 200 to a request without anything."""


@pytest.fixture(scope="module")
def closed() -> Iterator[LiveServer]:
    with live_server("--workers", "1", "--join-code", CODE, "--trusted-proxy", "127.0.0.1") as running:
        yield running
        log = running.log.read_text()
    # Of a GET for the WebSocket.
    assert all(" server.web.middleware.refusal_log: " in line for line in log.splitlines())


def post(server: LiveServer, path: str, content: Any, **headers: str) -> httpx.Response:
    return httpx.post(server.url + path, json=content, headers=headers)


def join(server: LiveServer, code: str = CODE, **headers: str) -> httpx.Response:
    return post(server, "/api/join", {"code": code}, **headers)


def cookie_of(joined: httpx.Response) -> dict[str, str]:
    return {"cookie": joined.headers["set-cookie"].partition(";")[0]}


@pytest.fixture
def credentials(closed: LiveServer) -> dict[str, str]:
    return cookie_of(join(closed))


def flat(routes: Any) -> Iterator[Any]:
    """Go through routes, those of included routers, too."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from flat(included.routes)


def routes() -> list[tuple[str, str]]:
    """Return every route of the application as method and path; WebSockets as WEBSOCKET."""
    found = []
    for route in flat(
        create_app(Settings(join_code=CODE, token_keys=("a key for the tests, drawn by nobody",))).routes
    ):
        if isinstance(route, WebSocketRoute):
            found.append(("WEBSOCKET", route.path))
        else:
            path = route.path.replace("{named}/{path:path}", f"{revision()}/js/main.js")
            path = re.sub(r"\{[^}]*\}", "numpy", path)
            # server/web/middleware/head_requests.py answers HEAD as GET.
            methods = set(route.methods) | ({"HEAD"} if "GET" in route.methods else set())
            found += [(method, path) for method in sorted(methods)]
    return found


def test_all_routes_are_looked_at() -> None:
    assert {
        ("GET", "/"),
        ("GET", f"/static/{revision()}/js/main.js"),
        ("GET", "/healthz"),
        ("POST", "/api/join"),
        ("WEBSOCKET", "/ws"),
    } <= set(routes())


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path"), routes(), ids=lambda part: str(part).replace(revision(), "files")
)
async def test_every_route_is_closed_but_those_that_are_listed(
    closed: LiveServer, method: str, path: str
) -> None:
    if method == "WEBSOCKET":
        assert path in PUBLIC_WEBSOCKETS
        async with client(closed.url.replace("http", "ws") + path) as connected:
            await connected.send("hello", protocol=2)
            refusal = await connected.event()
            with anyio.fail_after(PATIENCE_SECONDS):
                await connected.connection.wait_closed()
        assert refusal["code"] == "join"
        assert connected.connection.close_code == 4003
        assert connected.frames == []
        return
    kind = {"content-type": "application/json"}
    answer = httpx.request(
        method, closed.url + path, headers=kind, content=b"{}" if method == "POST" else b""
    )
    if f"{method.replace('HEAD', 'GET')} {path}" in TOKEN_ROUTES:
        assert answer.status_code == 404
    elif path.startswith(PUBLIC_FOLDER) or f"{method.replace('HEAD', 'GET')} {path}" in PUBLIC_ROUTES:
        assert answer.status_code == STATUSES.get(f"{method.replace('HEAD', 'GET')} {path}", 200)
    else:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Cookie"
        if method != "HEAD":
            assert answer.json()["reason"] == "join-first"


@pytest.mark.parametrize(
    "path", ["//api/catalog", "/api/catalog/", "/static/../api/catalog", "/static/%2e%2e/api/catalog"]
)
def test_no_other_spelling_leads_past_the_gate(closed: LiveServer, path: str) -> None:
    answer = httpx.get(httpx.URL(closed.url, raw_path=path.encode()), follow_redirects=False)

    assert answer.status_code in (307, 401, 404)
    assert "experiment" not in answer.text


def test_a_wrong_address_is_still_answered_in_words(closed: LiveServer) -> None:
    answer = httpx.get(closed.url + "/nowhere", headers={"accept": "text/html"})

    assert answer.status_code == 404
    assert "/nowhere" in answer.text


@pytest.mark.parametrize("given", ["", "x", "neural-playground-=x", "neural-playground-0=" + "A" * 100])
def test_what_is_no_cookie_of_joining_opens_nothing(closed: LiveServer, given: str) -> None:
    assert httpx.get(closed.url + "/api/catalog", headers={"cookie": given}).status_code == 401


def test_the_cookie_opens_the_rest(closed: LiveServer, credentials: dict[str, str]) -> None:
    catalog = httpx.get(closed.url + "/api/catalog", headers=credentials)
    script = post(closed, "/api/export/numpy", {}, **credentials)

    assert catalog.status_code == script.status_code == 200


def test_whether_the_cookie_came_along_is_answered(closed: LiveServer, credentials: dict[str, str]) -> None:
    assert httpx.get(closed.url + "/api/join").json() == {"joined": False}
    assert httpx.get(closed.url + "/api/join", headers=credentials).json() == {"joined": True}


def test_a_wrong_code_is_refused(closed: LiveServer) -> None:
    answer = join(closed, "hgfe-dcba")

    assert answer.status_code == 403
    assert answer.json() == {"detail": sentence("wrong-code"), "field": "code"}


@pytest.mark.parametrize("content", [{}, {"code": 246810}, {"code": "1" * 129}, {"code": "", "more": 1}, []])
def test_what_is_no_code_at_all_is_refused(closed: LiveServer, content: Any) -> None:
    assert post(closed, "/api/join", content).status_code == 422


@pytest.mark.anyio
async def test_the_handshake_of_a_socket_brings_the_cookie(
    closed: LiveServer, credentials: dict[str, str]
) -> None:
    async with client(closed.socket_url, additional_headers=credentials) as connected:
        await connected.send("hello", protocol=2)
        await connected.event("welcome")
        await connected.frame()


@pytest.mark.anyio
async def test_a_page_from_before_cookies_is_told_to_reload(closed: LiveServer) -> None:
    ticket = post(closed, "/api/tickets", {}, authorization="Bearer former").json()["ticket"]

    async with client(closed.socket_url) as connected:
        await connected.send("hello", protocol=2, ticket=ticket)
        assert (await connected.event())["code"] == "protocol"


def test_a_right_code_gets_in_while_wrong_ones_come_from_its_address_and_it_is_seen_in_the_log() -> None:
    with live_server("--workers", "1", "--join-code", CODE) as server, httpx.Client() as guesser:
        statuses, waits = set(), []
        for number in range(150):
            wrong = guesser.post(server.url + "/api/join", json={"code": f"{number:08}"})
            statuses.add(wrong.status_code)
            if number % 10 == 0:
                start = time.monotonic()
                assert join(server).status_code == 200
                waits.append(time.monotonic() - start)
        log = server.log.read_text()

    assert statuses == {403}
    assert max(waits) < 2
    assert f"{SUSPICIOUS} wrong ones from 127.0.0.1" in log
    assert CODE not in log


def test_an_address_that_somebody_invents_is_not_believed() -> None:
    with live_server("--workers", "1", "--join-code", CODE) as server:
        for number in range(SUSPICIOUS):
            join(server, f"{number:08}", **{"x-forwarded-for": f"192.0.2.{number}"})
        log = server.log.read_text()

    assert f"{SUSPICIOUS} wrong ones from 127.0.0.1" in log


def test_a_cookie_is_known_after_a_restart_and_not_with_another_code(
    closed: LiveServer, credentials: dict[str, str]
) -> None:
    with live_server("--workers", "1", "--join-code", CODE) as again:
        assert httpx.get(again.url + "/api/catalog", headers=credentials).status_code == 200
    with live_server("--workers", "1", "--join-code", "hgfe-dcba") as other:
        assert httpx.get(other.url + "/api/catalog", headers=credentials).status_code == 401


@pytest.mark.anyio
async def test_what_is_secret_is_in_no_log() -> None:
    with live_server("--workers", "1", "--join-code", CODE, "--log-level", "debug") as server:
        given = cookie_of(join(server))
        async with client(server.socket_url, additional_headers=given) as connected:
            await connected.send("hello", protocol=2)
            await connected.event("welcome")
        log = server.log.read_text()

    assert "startup complete" in log
    for text in (CODE, given["cookie"].partition("=")[2]):
        assert text not in log


def test_where_no_code_is_asked_for_there_is_nothing_to_join(server: LiveServer) -> None:
    for answer in (join(server), httpx.get(server.url + "/api/join")):
        assert answer.status_code == 404
        assert answer.json()["detail"] == sentence("no-join-code")
