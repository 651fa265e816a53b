"""Pages and REST, through the application."""

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from starlette.testclient import TestClient

from server.protocol.catalog import catalog
from server.settings import Settings
from server.web.app import create_app


@pytest.fixture(scope="module")
def web() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(workers=1)), base_url="http://localhost") as web:
        yield web


class Links(HTMLParser):
    """Collects what a page loads, and where it would run scripts or styles of its own."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img") and given.get("src"):
            self.loaded.append(str(given["src"]))
        if tag == "link" and given.get("href"):
            self.loaded.append(str(given["href"]))
        if tag == "style" or (
            tag == "script" and "src" not in given and given.get("type") != "application/json"
        ):
            self.inline.append(tag)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]


def test_the_page_and_everything_it_loads_is_there(web: TestClient) -> None:
    page = web.get("/")

    assert page.status_code == 200
    links = Links(page.text)
    assert len(links.loaded) >= 2
    for link in links.loaded:
        assert "//" not in link
        assert web.get(f"/{link}").status_code == 200, link


def test_the_page_has_no_inline_script_or_style_but_those_that_its_policy_names(web: TestClient) -> None:
    assert Links(web.get("/").text).inline == ["style", "script"]


def test_assets_are_cached_under_an_address_that_changes_with_them(web: TestClient) -> None:
    script = next(link for link in Links(web.get("/").text).loaded if link.endswith(".js"))

    response = web.get(f"/{script}")

    assert "immutable" in response.headers["cache-control"]
    assert response.headers["content-type"].startswith("text/javascript")
    assert web.get("/").headers["cache-control"] == "no-cache"


def test_the_catalogue_is_served(web: TestClient) -> None:
    response = web.get("/api/catalog")

    assert response.json() == catalog().model_dump(mode="json")


def test_health(web: TestClient) -> None:
    response = web.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "path", ["/nowhere", "/a/b/c", "/static/nothing.js", "/%3Cscript%3Ealert(1)%3C/script%3E"]
)
def test_an_unknown_address_gets_a_readable_page_with_a_way_back(web: TestClient, path: str) -> None:
    response = web.get(path, headers={"accept": "text/html"})

    assert response.status_code == 404
    assert "<!doctype html>" in response.text.lower()
    assert "<script>alert" not in response.text
    assert 'href="' in response.text


def test_the_page_for_an_unknown_deep_address_finds_its_assets(web: TestClient) -> None:
    links = Links(web.get("/a/b/c").text).loaded

    for link in links:
        assert web.get(urljoin("/a/b/c", link)).status_code == 200, link


def test_an_unknown_address_of_the_api_gets_json(web: TestClient) -> None:
    response = web.get("/api/nothing", headers={"accept": "application/json"})

    assert (response.status_code, response.json()) == (
        404,
        {"detail": "There is nothing at this address.", "field": None},
    )


def test_a_page_says_which_language_it_is_in(web: TestClient) -> None:
    english = web.get("/", headers={"Accept-Language": "en"})
    chinese = web.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    asked = web.get("/?language=zh-Hans", headers={"Accept-Language": "en"})

    assert [page.headers["content-language"] for page in (english, chinese, asked)] == [
        "en",
        "zh-Hans",
        "zh-Hans",
    ]
    for page in (english, chinese, asked):
        assert f'<html lang="{page.headers["content-language"]}"' in page.text
        assert "Accept-Language" in page.headers["vary"]
        assert "set-cookie" not in page.headers


def test_what_is_not_there_is_missed_in_the_language_of_the_browser(web: TestClient) -> None:
    page = web.get("/lost", headers={"Accept-Language": "zh-CN", "Accept": "text/html"})

    assert page.status_code == 404
    assert page.headers["content-language"] == "zh-Hans"
    assert "找不到页面" in page.text
