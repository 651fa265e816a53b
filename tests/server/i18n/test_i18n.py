"""Languages: files, texts with values, numbers, and which language a browser gets."""

import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.user_messages import TEMPLATES, UserMessage
from server.i18n import SENTENCES, Language, Text, bundled, load, placeholders
from server.i18n.negotiation import choose
from server.protocol.localized_catalog import catalog_in, catalog_texts
from server.settings import Settings
from server.web.app import create_app
from server.web.middleware.hosts_and_origins import MAX_BODY_BYTES

PORTUGUESE = {
    "name": "Português",
    "accepts": ["pt-BR"],
    "numbers": {"decimal": ",", "group": ".", "percent": "{number} %"},
    "page": {"header": {"help": "Ajuda"}},
    "catalog": {"fields": {"data.noise": {"label": "Ruído"}}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pt.json").write_text(json.dumps(PORTUGUESE), "utf-8")
    return tmp_path


@pytest.fixture
def portuguese(folder: Path) -> Language:
    return load(folder)["pt"]


def test_one_file_more_is_one_language_more(folder: Path) -> None:
    assert [*load(folder)] == ["en", "pt", "zh-Hans"]
    with TestClient(create_app(Settings(workers=1, languages=folder)), base_url="http://localhost") as web:
        page = web.get("/", headers={"Accept-Language": "pt-BR, en;q=0.5"})

    assert page.headers["content-language"] == "pt"
    assert '<html lang="pt"' in page.text
    assert "Ajuda" in page.text
    assert "Ruído" in page.text
    assert '<option value="pt" lang="pt" selected>Português</option>' in page.text


def test_what_a_language_does_not_say_is_said_in_english(portuguese: Language) -> None:
    assert portuguese.text("page.header.help") == "Ajuda"
    assert portuguese.text("page.header.share") == "Share"
    assert catalog_in(portuguese).fields["data.noise"].label == "Ruído"
    assert (
        catalog_in(portuguese).fields["data.noise"].text
        == catalog_in(bundled()["en"]).fields["data.noise"].text
    )


def test_numbers_are_written_as_the_language_does(portuguese: Language) -> None:
    assert portuguese.number(12345.5) == "12.345,5"
    assert portuguese.number(-0.00001) == "−0,00001"
    assert portuguese.percent(0.5) == "50 %"
    assert bundled()["en"].number(12345.5) == "12,345.5"
    assert bundled()["zh-Hans"].percent(0.5) == "50%"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("not JSON", "pt.json cannot be used"),
        ({"name": "Português"}, "pt.json cannot be used"),
        (PORTUGUESE | {"pages": {}}, "pages"),
        (PORTUGUESE | {"page": {"close": 3}}, "page.close is 3"),
        (PORTUGUESE | {"script": {"theme": {"colours": "{tema}"}}}, r"script.theme.colours names \['tema'\]"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(folder: Path, content: object, complaint: str) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "pt.json").write_text(text, "utf-8")

    with pytest.raises(ValueError, match=complaint):
        load(folder)


@pytest.mark.parametrize(
    ("asked", "accepted", "key"),
    [
        (None, None, "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        (None, "zh", "zh-Hans"),
        (None, "zh-SG", "zh-Hans"),
        (None, "ZH-hans-cn", "zh-Hans"),
        (None, "en;q=0.5, zh;q=0.7", "zh-Hans"),
        (None, "en;q=0.9, zh;q=0.7", "en"),
        (None, "fr, de;q=0.8", "en"),
        (None, "fr, zh-CN;q=0.2", "zh-Hans"),
        (None, "zh;q=0, en;q=0.1", "en"),
        (None, "*", "en"),
        (None, "de-x-zh, *;q=0.1", "en"),
        (None, "zh;q=nonsense", "en"),
        (None, ",,;;q=", "en"),
        ("zh-Hans", "en", "zh-Hans"),
        ("ZH-HANS", "en", "zh-Hans"),
        ("en", "zh-CN", "en"),
        ("tlh", "zh-CN", "zh-Hans"),
    ],
)
def test_the_language_that_is_asked_for_or_liked_best_is_chosen(
    asked: str | None, accepted: str | None, key: str
) -> None:
    assert choose(bundled(), asked, accepted).key == key


def _needed() -> dict[str, Text]:
    """Every text that a language has to have, with its English."""
    english = bundled()["en"]
    sentences = {f"messages.{key}": text for key, text in SENTENCES.items()}
    return {**{name: english.texts[name] for name in english.own}, **sentences, **catalog_texts()}


def test_a_name_that_stands_twice_is_refused(folder: Path) -> None:
    (folder / "pt.json").write_text('{"script": {"line": {"lost": "a", "open": "b", "lost": "c"}}}')

    with pytest.raises(ValueError, match=r"pt\.json.*'lost'"):
        load(folder)


def test_no_text_stands_in_two_places() -> None:
    english = bundled()["en"].own

    assert english.isdisjoint(catalog_texts())
    assert english.isdisjoint(f"messages.{key}" for key in SENTENCES)


def test_a_sentence_is_said_with_its_values() -> None:
    english = bundled()["en"]
    for key, template in TEMPLATES.items():
        values = {name: f"<{name}>" for name in placeholders(template)}
        sentence = UserMessage(key, values)

        assert english.translate(sentence) == str(sentence)
        for language in bundled().values():
            assert all(value in language.translate(sentence) for value in values.values()), key


def test_chinese_is_complete_and_has_nothing_left_over() -> None:
    chinese = bundled()["zh-Hans"]
    needed = _needed()
    # Most formulas are the same in every language; where words stand in one, it is translated.
    wordless = {name for name in needed if name.endswith(".formula") and name not in chinese.own}

    assert chinese.own == needed.keys() - wordless
    assert not [name for name in wordless if re.search(r"[a-z]{3,} [a-z]{2,}", str(needed[name]))]


def test_chinese_puts_the_same_values_into_its_texts() -> None:
    chinese = bundled()["zh-Hans"]

    differing = {
        name
        for name, text in _needed().items()
        if name in chinese.own and placeholders(chinese.texts[name]) != placeholders(text)
    }
    assert differing == set()


def test_chinese_has_its_own_marks_and_no_space_between_its_signs() -> None:
    for name in bundled()["zh-Hans"].own:
        text = bundled()["zh-Hans"].texts[name]
        for form in [text] if isinstance(text, str) else text.values():
            assert not re.search(r"[\u4e00-\u9fff] +[\u4e00-\u9fff]", form), name
            assert not re.search(r"[\u4e00-\u9fff][,;:?!]", form), name


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("status", "method", "path", "headers", "content"),
    [
        (400, "GET", "/", {"host": "elsewhere.example"}, b""),
        (401, "GET", "/api/catalog", {}, b""),
        (403, "POST", "/api/join", {**JSON, "origin": "http://elsewhere.example"}, b"{}"),
        (404, "GET", "/api/nowhere", {}, b""),
        (405, "PUT", "/api/join", JSON, b"{}"),
        (413, "POST", "/api/join", JSON, b" " * (MAX_BODY_BYTES + 1)),
        (415, "POST", "/api/join", {"content-type": "text/plain"}, b"{}"),
        (415, "POST", "/api/join", {}, b"{}"),
        (403, "POST", "/api/join", JSON, b'{"code": "WRONG"}'),
    ],
)
def test_whatever_is_refused_is_refused_in_the_language_of_the_browser(
    status: int, method: str, path: str, headers: dict[str, str], content: bytes
) -> None:
    code = None if status == 405 else "A-CODE-OF-ONE-CLASS"  # with one, another method is no way in
    app = create_app(Settings(workers=1, join_code=code))
    english, chinese = (
        TestClient(app, base_url="http://localhost").request(
            method, path, headers={**headers, "accept-language": language}, content=content
        )
        for language in ("en", "zh-CN")
    )

    assert english.status_code == chinese.status_code == status
    assert (english.headers["content-language"], chinese.headers["content-language"]) == ("en", "zh-Hans")
    assert re.search(r"[\u4e00-\u9fff]", chinese.json()["detail"])
    assert not re.search(r"[\u4e00-\u9fff]", english.json()["detail"])


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="PLAYGROUND_LANGUAGES"):
        load(tmp_path / "missing")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "pt.json").mkdir()

    with pytest.raises(ValueError, match=r"pt\.json cannot be used"):
        load(tmp_path)


def test_a_file_may_begin_as_notepad_writes_it(tmp_path: Path) -> None:
    (tmp_path / "pt.json").write_text(json.dumps(PORTUGUESE), "utf-8-sig")

    assert load(tmp_path)["pt"].name == "Português"
