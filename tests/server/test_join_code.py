"""Joining: with a join code, nothing is open to who has not given it, on a real server and over all routes."""

import re
from collections.abc import Iterator
from typing import Any

import anyio
import httpx2 as httpx
import pytest
from starlette.routing import WebSocketRoute

from server.app import create_app
from server.assets import revision
from server.gate import ASKING, GUARDED, OPEN, OPEN_FOLDER
from server.settings import Settings
from tests.support.client import PATIENCE_SECONDS, client
from tests.support.live_server import LiveServer, live_server

CODE = "246810"
OTHERWISE = {"POST /api/join": 422, "GET /ws": 426}
"""What is open and does not answer 200 to a request without anything."""


@pytest.fixture(scope="module")
def closed() -> Iterator[LiveServer]:
    with live_server("--workers", "1", "--join-code", CODE, "--trusted-proxy", "127.0.0.1") as running:
        yield running
        log = running.log.read_text()
    assert log == ""


def post(server: LiveServer, path: str, content: Any, **headers: str) -> httpx.Response:
    return httpx.post(server.url + path, json=content, headers=headers)


def join(server: LiveServer, code: str = CODE, **headers: str) -> httpx.Response:
    return post(server, "/api/join", {"code": code}, **headers)


@pytest.fixture
def credentials(closed: LiveServer) -> dict[str, str]:
    return {"authorization": f"Bearer {join(closed).json()['pass']}"}


def ticket(server: LiveServer, credentials: dict[str, str], **content: str) -> str:
    return str(post(server, "/api/tickets", content, **credentials).json()["ticket"])


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
    for route in flat(create_app(Settings(join_code=CODE, token_keys=("a key for the tests",))).routes):
        if isinstance(route, WebSocketRoute):
            found.append(("WEBSOCKET", route.path))
        else:
            path = route.path.replace("{named}/{path:path}", f"{revision()}/js/main.js")
            path = re.sub(r"\{[^}]*\}", "numpy", path)
            methods = set(route.methods) | ({"HEAD"} if "GET" in route.methods else set())  # server/head.py
            found += [(method, path) for method in sorted(methods)]
    return found


def test_all_routes_are_looked_at() -> None:
    assert {
        ("GET", "/"),
        ("GET", f"/static/{revision()}/js/main.js"),
        ("GET", "/healthz"),
        ("POST", "/api/tickets"),
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
        assert path in ASKING
        async with client(closed.url.replace("http", "ws") + path) as connected:
            await connected.send("hello", protocol=1)
            refusal = await connected.event()
            with anyio.fail_after(PATIENCE_SECONDS):
                await connected.connection.wait_closed()
        assert refusal["code"] == "ticket"
        assert connected.connection.close_code == 4003
        assert connected.frames == []
        return
    kind = {"content-type": "application/json"}
    answer = httpx.request(
        method, closed.url + path, headers=kind, content=b"{}" if method == "POST" else b""
    )
    if f"{method.replace('HEAD', 'GET')} {path}" in GUARDED:
        assert answer.status_code == 404
    elif path.startswith(OPEN_FOLDER) or f"{method.replace('HEAD', 'GET')} {path}" in OPEN:
        assert answer.status_code == OTHERWISE.get(f"{method} {path}", 200)
    else:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        if method != "HEAD":
            assert "join code" in answer.json()["detail"]


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


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer x", "Basic x", "Bearer " + "A" * 100])
def test_what_is_no_pass_opens_nothing(closed: LiveServer, given: str) -> None:
    assert httpx.get(closed.url + "/api/catalog", headers={"authorization": given}).status_code == 401


def test_a_pass_opens_the_rest(closed: LiveServer, credentials: dict[str, str]) -> None:
    catalog = httpx.get(closed.url + "/api/catalog", headers=credentials)
    script = post(closed, "/api/export/numpy", {}, **credentials)

    assert catalog.status_code == script.status_code == 200


def test_a_wrong_code_is_refused_in_words(closed: LiveServer) -> None:
    answer = join(closed, "135791")

    assert answer.status_code == 403
    assert answer.json() == {"detail": "This is not the join code. Please look at it again.", "field": "code"}


@pytest.mark.parametrize("content", [{}, {"code": 246810}, {"code": "1" * 129}, {"code": "", "more": 1}, []])
def test_what_is_no_code_at_all_is_refused(closed: LiveServer, content: Any) -> None:
    assert post(closed, "/api/join", content).status_code == 422


@pytest.mark.anyio
async def test_a_ticket_opens_one_session_once(closed: LiveServer, credentials: dict[str, str]) -> None:
    given = ticket(closed, credentials, client="browser")

    async with client(closed.socket_url) as connected:
        await connected.send("hello", protocol=1, ticket=given, client="browser")
        await connected.event("welcome")
        await connected.frame()
    async with client(closed.socket_url) as connected:
        await connected.send("hello", protocol=1, ticket=given, client="browser")
        assert (await connected.event())["code"] == "ticket"


@pytest.mark.anyio
async def test_a_ticket_of_somebody_else_and_a_pass_open_no_session(
    closed: LiveServer, credentials: dict[str, str]
) -> None:
    pass_ = credentials["authorization"].removeprefix("Bearer ")
    for given in (ticket(closed, credentials, client="other"), pass_):
        async with client(closed.socket_url) as connected:
            await connected.send("hello", protocol=1, ticket=given, client="browser")
            assert (await connected.event())["code"] == "ticket"


def test_guesses_of_an_address_are_limited_with_a_time_to_come_back_and_others_get_in(
    closed: LiveServer,
) -> None:
    number, limited = 0, join(closed, "000000", **{"x-forwarded-for": "192.0.2.66"})
    while limited.status_code == 403 and number < 300:  # on a slow machine some guesses come back meanwhile
        number += 1
        limited = join(closed, f"{number:06}", **{"x-forwarded-for": "192.0.2.66"})

    assert number >= 60
    assert limited.status_code == 429
    assert re.fullmatch(
        rf"There were too many wrong codes\. Please try again in {limited.headers['retry-after']} seconds\.",
        limited.json()["detail"],
    )
    assert 1 <= int(limited.headers["retry-after"]) <= 15
    assert join(closed, CODE, **{"x-forwarded-for": "192.0.2.67"}).status_code == 200


def test_an_address_that_somebody_invents_is_not_believed() -> None:
    with live_server("--workers", "1", "--join-code", CODE) as server:
        statuses = {
            join(server, f"{number:06}", **{"x-forwarded-for": f"192.0.2.{number}"}).status_code
            for number in range(150)
        }

    assert statuses == {403, 429}


def test_a_pass_is_known_after_a_restart_and_not_with_another_code(
    closed: LiveServer, credentials: dict[str, str]
) -> None:
    with live_server("--workers", "1", "--join-code", CODE) as again:
        assert httpx.get(again.url + "/api/catalog", headers=credentials).status_code == 200
    with live_server("--workers", "1", "--join-code", "135791") as other:
        assert httpx.get(other.url + "/api/catalog", headers=credentials).status_code == 401


@pytest.mark.anyio
async def test_what_is_secret_is_in_no_log() -> None:
    with live_server("--workers", "1", "--join-code", CODE, "--log-level", "debug") as server:
        given = {"authorization": f"Bearer {join(server).json()['pass']}"}
        secret = ticket(server, given)
        async with client(server.socket_url) as connected:
            await connected.send("hello", protocol=1, ticket=secret)
            await connected.event("welcome")
        log = server.log.read_text()

    assert "startup complete" in log
    for text in (CODE, given["authorization"], secret):
        assert text not in log


def test_where_no_code_is_asked_for_there_is_nothing_to_join(server: LiveServer) -> None:
    for path in ("/api/join", "/api/tickets"):
        answer = post(server, path, {"code": CODE})
        assert answer.status_code == 404
        assert answer.json()["detail"] == "This server asks for no join code."
