"""Texts of the languages: every one that is asked for is there, and every one that is there is asked for."""

import re
from pathlib import Path

from server.i18n import bundled
from tests.support.live_server import ROOT

_ASKED = re.compile(r"text\(\"((?:page|script)\.[\w.-]+)\"|\"(page\.[\w.-]+)\"")


def _sources(*patterns: str) -> str:
    return "\n".join(
        path.read_text("utf-8") for pattern in patterns for path in sorted(Path(ROOT).glob(pattern))
    )


def test_every_text_that_a_template_asks_for_is_there_and_no_other() -> None:
    english = bundled()["en"].own
    found = _ASKED.findall(_sources("templates/**/*.html", "server/**/*.py"))
    asked = {either or other for either, other in found}

    assert asked <= english
    assert {name for name in english if name.startswith("page.")} <= asked


def test_every_text_of_a_script_is_asked_for() -> None:
    scripts = _sources("static/js/**/*.js")
    whole = set(re.findall(r"\"([a-z][\w.-]+)\"", scripts))
    begun = tuple(name for name in re.findall(r"`([a-z][\w.-]*[.-])\$\{", scripts) if "." in name)
    # What is said of several things at once is put together from what is said of one.
    names = [name.removeprefix("script.") for name in bundled()["en"].own if name.startswith("script.")]

    assert [n for n in names if n.removesuffix("-with-others") not in whole and not n.startswith(begun)] == []
