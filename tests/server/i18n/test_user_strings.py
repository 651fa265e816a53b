"""What people write reaches no page, template, path, header or script as anything but text (guarantee 35)."""

import ast
import io
import tokenize
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from engine import Experiment
from server.export import TARGETS, export
from server.settings import Settings
from server.web.app import create_app

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</code></main><iframe>",
    "{{ 7 * 191 }}{% include 'base.html' %}{# #}",
    "${7*191}#{7*191}",
    "../../../../etc/passwd",
    "..\\..\\server\\settings.py",
    "%2e%2e%2f%2e%2e%2fpyproject.toml",
    "line\r\nX-Forged: yes",
    "\x00\x1b[2J",
    "\u202e\u2028",
    "=HYPERLINK(1)",
]


@pytest.fixture(scope="module")
def web() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(workers=1)), base_url="http://localhost") as web:
        yield web


class Skeleton(HTMLParser):
    """The elements and attributes of a page, without its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[Any] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, sorted(name for name, _ in attrs)))


@pytest.mark.parametrize("text", HOSTILE)
def test_an_address_is_shown_as_text_and_nothing_else(web: TestClient, text: str) -> None:
    headers = {"accept": "text/html"}
    plain = web.get("/nowhere", headers=headers)

    for address in (f"/{quote(text, safe='')}", f"/nowhere?language={quote(text)}&x={quote(text)}"):
        page = web.get(address, headers=headers)

        assert page.status_code == 404
        assert Skeleton(page.text).found == Skeleton(plain.text).found
        assert "1337" not in page.text  # 7 · 191: no template has calculated it
        assert "x-forged" not in page.headers
        assert "root:x:0" not in page.text


def test_a_long_address_makes_no_long_page(web: TestClient) -> None:
    ordinary = web.get("/nowhere", headers={"accept": "text/html"})

    for address in ("/" + "x" * 30_000, "/a" * 15_000):
        page = web.get(address, headers={"accept": "text/html"})

        assert page.status_code == 404
        assert len(page.content) < len(ordinary.content) + 1000


@pytest.mark.parametrize("text", HOSTILE)
def test_headers_change_nothing_on_the_page(web: TestClient, text: str) -> None:
    value = text.encode("utf-8").replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
    plain = web.get("/")

    page = web.get("/", headers=[(b"accept-language", value), (b"referer", value), (b"user-agent", value)])

    assert page.status_code == 200
    assert page.text == plain.text


@pytest.mark.parametrize("folder", ["static", "static/nothing", "templates", "a"])
@pytest.mark.parametrize(
    "text", ["../server/settings.py", "..%2fserver%2fsettings.py", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd"]
)
def test_no_path_leads_out_of_the_files_of_the_page(web: TestClient, folder: str, text: str) -> None:
    response = web.get(f"/{folder}/{text}")

    assert response.status_code == 404
    assert "class Settings" not in response.text
    assert "root:x:0" not in response.text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_download_is_named_by_the_server_alone(web: TestClient, text: str) -> None:
    ordinary = web.post("/api/export/numpy", json={})
    assert ordinary.headers["content-disposition"].startswith('attachment; filename="')

    refused = web.post(f"/api/export/{quote(text, safe='')}", json={})
    assert refused.status_code in (404, 422)
    assert "content-disposition" not in refused.headers
    assert refused.headers["content-type"].startswith(("application/json", "text/html"))

    refused = web.post("/api/export/numpy", params={"epochs": text}, json={})
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/json"


def texts(schema: Any, definitions: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    """Yield what a JSON schema takes as text, other than one of a few known words."""
    if isinstance(schema, list):
        for part in schema:
            yield from texts(part, definitions)
    elif isinstance(schema, dict):
        if schema.get("type") == "string" and "enum" not in schema and "const" not in schema:
            yield schema, str(schema.get("pattern"))
        for key, part in schema.items():
            if key not in ("default", "suggestions", "examples"):
                yield from texts(part, definitions)


def test_an_experiment_takes_no_free_text_but_the_seed_of_a_link_of_the_original() -> None:
    found = list(texts(Experiment.model_json_schema(), {}))

    for _, pattern in found:
        assert pattern == "^[ -~]{1,64}$", "a new field takes text: see that exports and logs can bear it"


@pytest.mark.parametrize("seed", ["a\nimport os", "a\r", "a\n", "ä", "", "x" * 65])
def test_that_seed_stays_on_one_line(seed: str) -> None:
    with pytest.raises(ValidationError):
        Experiment.model_validate({"data": {"classic_seed": seed}})


@pytest.mark.parametrize("language", TARGETS)
@pytest.mark.parametrize(
    "seed", ['"""); breach() #', "'); breach() #", "\\'); breach()", "{{ breach() }}{% raw %}", "#\\", '"\\"']
)
def test_a_seed_is_in_an_exported_script_as_a_comment_only(language: str, seed: str) -> None:
    experiment = Experiment.model_validate(
        {
            "data": {"classic_seed": seed},
            "network": {"initializer": "classic"},
            "objective": {"loss": "logistic-cross-entropy"},
        }
    )

    script = export(experiment, language, 1)

    ast.parse(script)
    tokens = list(tokenize.generate_tokens(io.StringIO(script).readline))
    assert not any("breach" in token.string for token in tokens if token.type != tokenize.COMMENT)
    assert any("original playground" in token.string for token in tokens if token.type == tokenize.COMMENT)
