"""Behind a proxy: the recipes of deploy/ in the real proxies, at the root and below paths, with and without TLS."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx2 as httpx
import pytest
from websockets.exceptions import InvalidStatus

from server.protocol.messages import PROTOCOL
from tests.support.client import client
from tests.support.live_server import LiveServer, live_server
from tests.support.proxies import RECIPES, Proxy, proxy

PLACES = ["/", "/a/b/", "/c/d/"]
"""At the root, below a path that the proxy takes away, below one that it passes on."""


@pytest.fixture(scope="module")
def behind() -> Iterator[LiveServer]:
    options = ("--trusted-proxy", "127.0.0.1", "--root-path", "/c/d", "--join-code", "abcd-efgh")
    with live_server("--workers", "1", *options) as running:
        yield running


@pytest.fixture(scope="module", params=sorted(RECIPES))
def before(
    request: pytest.FixtureRequest, behind: LiveServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    with proxy(request.param, behind.url, tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture(params=["http", "https"])
def origin(request: pytest.FixtureRequest, before: Proxy) -> str:
    return str(getattr(before, request.param))


@pytest.fixture
def web(before: Proxy) -> Iterator[httpx.Client]:
    with httpx.Client(verify=before.trust) as web:
        yield web


class Loaded(HTMLParser):
    """Collects the addresses of what a page loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = {"script": "src", "link": "href", "img": "src"}.get(tag, "")
        self.addresses += [value for key, value in attrs if key == name and value]


def check_page(web: httpx.Client, address: str, page: httpx.Response) -> None:
    loaded = Loaded(page.text).addresses
    assert loaded
    for relative in loaded:
        assert not relative.startswith("/")
        assert "//" not in relative
        assert web.get(urljoin(address, relative)).status_code == 200, relative


def credentials(web: httpx.Client, address: str, origin: str) -> dict[str, str]:
    joined = web.post(address + "api/join", json={"code": "abcd-efgh"}, headers={"origin": origin})
    web.cookies.clear()
    return {"cookie": joined.headers["set-cookie"].partition(";")[0], "origin": origin}


@pytest.mark.parametrize("place", PLACES)
def test_the_page_and_what_it_loads_come_through(web: httpx.Client, origin: str, place: str) -> None:
    page = web.get(origin + place)

    assert page.status_code == 200
    check_page(web, origin + place, page)


@pytest.mark.parametrize("place", ["/a/b", "/c/d"])
def test_a_forgotten_slash_is_given_back(web: httpx.Client, origin: str, place: str) -> None:
    page = web.get(origin + place, follow_redirects=True)

    assert page.status_code == 200
    assert str(page.url) == f"{origin}{place}/"


@pytest.mark.parametrize("place", PLACES)
def test_a_wrong_address_gets_its_page_with_what_that_loads(
    web: httpx.Client, origin: str, place: str
) -> None:
    address = f"{origin}{place}no/where"

    page = web.get(address, headers={"accept": "text/html"})

    assert page.status_code == 404
    check_page(web, address, page)
    assert web.get(urljoin(address, "../")).status_code == 200


@pytest.mark.parametrize("place", PLACES)
def test_the_rest_comes_through(web: httpx.Client, origin: str, place: str) -> None:
    given = credentials(web, origin + place, origin)

    catalog = web.get(f"{origin}{place}api/catalog", headers=given)
    script = web.post(f"{origin}{place}api/export/numpy", json={}, headers=given)

    assert catalog.json()["protocol"] == PROTOCOL
    assert "import numpy" in script.text


@pytest.mark.parametrize("place", PLACES)
def test_the_cookie_of_joining_is_for_the_place_and_for_tls(
    web: httpx.Client, origin: str, place: str
) -> None:
    joined = web.post(f"{origin}{place}api/join", json={"code": "abcd-efgh"}, headers={"origin": origin})
    attributes = joined.headers["set-cookie"].split("; ")

    assert ("Secure" in attributes) == origin.startswith("https")
    assert ("Path=/c/d/" if place == "/c/d/" else "Path=/") in attributes
    assert web.get(f"{origin}{place}api/join").json() == {"joined": True}


@pytest.mark.anyio
@pytest.mark.parametrize("place", PLACES)
async def test_a_session_comes_through(before: Proxy, web: httpx.Client, origin: str, place: str) -> None:
    given = credentials(web, origin + place, origin)
    tls = before.trust if origin.startswith("https") else None

    async with client(
        f"{origin.replace('http', 'ws', 1)}{place}ws",
        origin=origin,
        ssl=tls,
        proxy=None,
        additional_headers={"Cookie": given["cookie"]},
    ) as connected:
        await connected.send("hello", protocol=2)
        await connected.event("welcome")
        await connected.frame()
        await connected.send("play")
        await connected.frame(lambda frame: frame.epoch > 0)

        assert not connected.connection.protocol.extensions


@pytest.mark.anyio
async def test_a_page_of_elsewhere_is_refused_through_the_proxy_as_well(before: Proxy) -> None:
    for address, foreign, tls in (
        (before.http, before.https, None),
        (before.https, before.http, before.trust),
        (before.https, "https://localhost", before.trust),
        (before.https, before.https.replace("https", "http"), before.trust),  # another scheme, the same port
    ):
        with pytest.raises(InvalidStatus) as refused:
            async with client(f"{address.replace('http', 'ws', 1)}/ws", origin=foreign, ssl=tls, proxy=None):
                pass
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_address_of_the_client_is_the_one_that_the_proxy_saw(name: str, tmp_path: Path) -> None:
    """The proxy replaces what a client says of itself, so guesses cannot be spread over invented addresses."""
    options = ("--trusted-proxy", "127.0.0.1", "--join-code", "abcd-efgh")
    with (
        live_server("--workers", "1", *options) as server,
        proxy(name, server.url, tmp_path) as before,
        httpx.Client() as web,
    ):
        answers = {
            web.post(
                f"{before.http}/api/join",
                json={"code": f"{number:06}"},
                headers={"x-forwarded-for": f"192.0.2.{number}"},
            ).status_code
            for number in range(40)
        }
        log = server.log.read_text()

    assert answers == {403}
    assert "wrong ones from 127.0.0.1 within" in log
