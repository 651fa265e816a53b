"""Files as they are served: compressed once, small, with nothing lost."""

import base64
import gzip
import hashlib
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from server.settings import Settings
from server.web.app import create_app
from server.web.assets.files import SCRIPT, folder, revision
from server.web.assets.precompressed import accepts_gzip

STATIC = folder("static")
SCRIPTS = sorted(STATIC.rglob("*.js"))


@pytest.fixture(scope="module")
def web() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(workers=1)), base_url="http://localhost") as web:
        yield web


@pytest.mark.parametrize("path", ["/", "/api/catalog", f"/static/{revision()}/{SCRIPT}"])
def test_what_never_changes_is_sent_compressed_to_who_reads_that(web: TestClient, path: str) -> None:
    plain = web.get(path, headers={"accept-encoding": "identity"})
    with web.stream("GET", path, headers={"accept-encoding": "gzip, br"}) as zipped:
        raw = b"".join(zipped.iter_raw())

    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) == len(raw) < len(plain.content) / 2
    assert gzip.decompress(raw) == plain.content
    for response in (plain, zipped):
        assert "Accept-Encoding" in response.headers["vary"]


def test_a_page_that_the_browser_has_is_not_sent_again(web: TestClient) -> None:
    first = web.get("/")

    again = web.get("/", headers={"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert web.get("/", headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "reads"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("", False), ("br", False), ("gzip;q=0", False)],
)
def test_only_who_reads_gzip_gets_it(accepted: str, reads: bool) -> None:
    assert accepts_gzip(accepted) is reads


@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_what_stands_in_a_page_is_what_its_policy_names(web: TestClient, path: str) -> None:
    page = web.get(path, headers={"accept": "text/html"})
    policy = page.headers["content-security-policy"]

    for element, directive in (("style", "style-src"), ("script", "script-src")):
        (text,) = re.findall(rf"<{element}>(.*?)</{element}>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'self' 'sha256-{digest}';" in policy
    assert "unsafe" not in policy


def test_the_one_sheet_holds_every_sheet(web: TestClient) -> None:
    page = web.get("/").text

    assert "@import" not in page
    for sheet in (STATIC / "css").rglob("*.css"):
        if sheet.name != "page.css":
            rules = re.findall(r"^ +(\.[\w-]+) \{$", sheet.read_text(), re.MULTILINE)
            assert all(f"\n{rule} {{\n" in page for rule in rules), sheet.name


def test_the_script_and_the_one_of_the_editor_hold_every_module_once(web: TestClient) -> None:
    scripts = [SCRIPT, "js/page/editor.js"]
    page = "\n".join(web.get(f"/static/{revision()}/{path}").text for path in scripts)
    paths = [script for script in SCRIPTS if script.name not in ("theme-boot.js", "server-full.js")]
    lines = Counter(line.removeprefix("export ") for path in paths for line in path.read_text().splitlines())
    exported = {
        head for path in paths for head in re.findall(r"^export (.*)$", path.read_text(), re.MULTILINE)
    }

    # Each has a scope but the one that begins, and the second script one as a whole.
    assert page.count("= (() => {") == len(paths) - 1 + 1
    assert len(exported) >= len(paths) - 1
    for head in exported:
        assert page.count(f"\n{head}\n") == lines[head], head


@pytest.mark.parametrize("path", ["/static/old/js/main.js", f"/static/{revision()}/js/none.js"])
def test_there_is_no_other_file(web: TestClient, path: str) -> None:
    assert web.get(path).status_code == 404


def test_types_are_not_for_browsers(web: TestClient) -> None:
    assert web.get(f"/static/{revision()}/js/types/app.d.ts").status_code == 404
