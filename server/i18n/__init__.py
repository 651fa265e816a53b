"""Texts that people read, one file per language in ``locales/``.

Another file adds a language; texts that it lacks are shown in English. The English texts of the engine's registries
and sentences are in the engine and not in ``en.json``.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from engine.registries.stop_rules import STOP_RULES
from engine.user_messages import TEMPLATES, Label, Share, UserMessage, format_value

ENGLISH = "en"
PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})
"""Plural categories (CLDR); a text with plural forms is an object with some of these keys, ``other`` among them."""

SENTENCES: Mapping[str, str] = {**TEMPLATES} | {
    f"ended.{key}": row.ended for key, row in STOP_RULES.items() if row.ended
}
"""English texts of the engine by key: its sentences, and why a stop rule has ended training."""

Text = str | Mapping[str, str]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class NumberFormat(BaseModel):
    """Number format: decimal and group separator, and a percentage with its ``{number}``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decimal: str = Field(min_length=1, max_length=1)
    group: str = Field(max_length=1)
    percent: str = Field(pattern=r"\{number\}")


class _File(BaseModel):
    """A language file.

    ``page`` has the texts of the templates, ``script`` those of the page's scripts, ``messages`` those of the server's
    responses, and ``catalog`` those of the registries.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=40)
    accepts: tuple[str, ...] = ()
    numbers: NumberFormat
    page: dict[str, Any] = {}
    script: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    catalog: dict[str, Any] = {}


@dataclass(frozen=True, eq=False)
class Language:
    """One language.

    Attributes:
        key: its tag (BCP 47), which is the name of its file.
        name: its name in itself.
        accepts: further tags for which it is chosen.
        numbers: number format.
        texts: by dotted name; English ones where the language has none.
        own: names of the texts that the language itself has.
    """

    key: str
    name: str
    accepts: tuple[str, ...]
    numbers: NumberFormat
    texts: Mapping[str, Text]
    own: frozenset[str]

    def text(self, name: str, **values: object) -> str:
        """Return a text with its placeholders replaced by values; numbers in the language's format.

        Raises:
            KeyError: there is no such text, or it has plural forms, which only the page's scripts support.
        """
        text = self.texts[name]
        if not isinstance(text, str):
            raise KeyError(f"{name} has several forms")
        return self._filled(text, values)

    def translate(self, sentence: UserMessage) -> str:
        """Return the text of a sentence of the engine or the server."""
        text = self.texts.get(f"messages.{sentence.key}") or SENTENCES[sentence.key]
        assert isinstance(text, str)
        return self._filled(text, sentence.values)

    def number(self, value: float) -> str:
        """Format a number without an exponent: 0.00001 and not 1e-05."""
        whole, _, rest = format_value(value).partition(".")
        return whole.replace(",", self.numbers.group) + (self.numbers.decimal + rest if rest else "")

    def percent(self, share: float) -> str:
        """Format a fraction of one as a percentage, rounded to an integer."""
        return self.numbers.percent.replace("{number}", self.number(round(share * 100)))

    def script(self) -> dict[str, Any]:
        """Return the key, percentage format and texts for the page's scripts."""
        texts = {
            name.removeprefix("script."): text
            for name, text in self.texts.items()
            if name.startswith("script.")
        }
        return {"key": self.key, "percent": self.numbers.percent, "texts": texts}

    def _filled(self, text: str, values: Mapping[str, object]) -> str:
        return _PLACEHOLDER.sub(lambda found: self._written(values[found[1]]), text)

    def _written(self, value: object) -> str:
        if isinstance(value, UserMessage):
            return self.translate(value)
        if isinstance(value, Label):
            return str(self.texts.get(f"catalog.{value.name}.label", value.text))
        if isinstance(value, Share):
            return self.percent(value)
        if isinstance(value, int | float):
            return self.number(value)
        return str(value)


Languages = Mapping[str, Language]
"""Languages by key, in the order in which they are offered: English, then by key."""


@cache
def bundled() -> Languages:
    """Return the languages that come with the server."""
    return load()


def load(*folders: Path) -> Languages:
    """Load the languages that come with the server, and those of further folders; later files replace earlier ones.

    Raises:
        ValueError: a folder does not exist, or a file is not valid; names it and the error.
    """
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(
                f"there is no folder {str(folder)!r} with language files; see PLAYGROUND_LANGUAGES"
            )
    paths = {
        path.stem: path
        for folder in (Path(__file__).parent / "locales", *folders)
        for path in folder.glob("*.json")
    }
    english = _read(paths.pop(ENGLISH))
    texts = flatten(english)
    languages = {ENGLISH: _language(ENGLISH, english, texts)}
    for key in sorted(paths):
        read = _read(paths[key])
        _check_placeholders(paths[key], texts, flatten(read))
        languages[key] = _language(key, read, texts)
    return languages


def _read(path: Path) -> _File:
    try:
        return _File.model_validate(json.loads(path.read_text("utf-8-sig"), object_pairs_hook=_unique_names))
    except (OSError, ValueError) as error:
        raise ValueError(f"the language file {path} cannot be used: {error}") from None


def _unique_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Reject duplicate names in an object, of which ``json`` would silently take the last one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is in it twice, in the same object")
    return found


def _language(key: str, read: _File, english: Mapping[str, Text]) -> Language:
    own = flatten(read)
    return Language(key, read.name, read.accepts, read.numbers, {**english, **own}, frozenset(own))


def flatten(read: _File) -> dict[str, Text]:
    """Return the texts of a file by dotted name."""
    sections = {name: getattr(read, name) for name in ("page", "script", "messages", "catalog")}
    return dict(_flattened(sections, ""))


def _flattened(texts: Mapping[str, Any], before: str) -> Iterator[tuple[str, Text]]:
    for key, text in texts.items():
        name = f"{before}{key}"
        if isinstance(text, str) or (isinstance(text, dict) and "other" in text and text.keys() <= PLURALS):
            yield name, text
        elif isinstance(text, dict):
            yield from _flattened(text, f"{name}.")
        else:
            raise ValueError(f"{name} is {text!r}; it must be a text, or texts by name")


def placeholders(text: Text) -> frozenset[str]:
    """Return the names of a text's placeholders, over all its plural forms."""
    forms = [text] if isinstance(text, str) else text.values()
    return frozenset(name for form in forms for name in _PLACEHOLDER.findall(form))


def _check_placeholders(path: Path, english: Mapping[str, Text], texts: Mapping[str, Text]) -> None:
    """Check that a translation has no placeholder that its English text lacks.

    Raises:
        ValueError: it has one; names it.
    """
    for name, text in texts.items():
        original = english.get(name) or SENTENCES.get(name.removeprefix("messages."))
        unknown = placeholders(text) - placeholders(original) if original is not None else ()
        if unknown:
            raise ValueError(
                f"the language file {path} cannot be used: {name} names {sorted(unknown)}, which the English text"
                " does not have"
            )
