"""The command line of the settings, made from their declaration: options, ``--help``, and the words of errors."""

import argparse
import re
from collections.abc import Collection, Mapping
from typing import Any, get_origin

from annotated_types import Ge, Le
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from server.settings import Settings, Spelling
from server.settings.environment import MEANINGFUL_WHEN_EMPTY, variable_of

_ALLOWED = {
    "bool_parsing": "on, off, true, false, 1, 0",
    "float_parsing": "a number of seconds",
    "int_parsing": "a whole number",
}
"""By pydantic's type of error."""


def spelling(field: FieldInfo) -> Spelling:
    """Return how a setting is written."""
    return next((each for each in field.metadata if isinstance(each, Spelling)), Spelling())


def description(field: FieldInfo) -> str:
    """Return the description of a setting, Markdown on one line."""
    return " ".join(f"{field.description}".split())


def is_list(field: FieldInfo) -> bool:
    """Return whether a setting is a list: its option may be repeated, its variable has commas."""
    return get_origin(field.annotation) is tuple


def default(field: FieldInfo) -> str:
    """Return the words for the default of a setting."""
    if words := spelling(field).default:
        return words
    match field.default:
        case None | () | "":
            return "none"
        case False:
            return "off"
        case float(number):
            return f"{number:g}"
        case value:
            return str(value)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of all settings. What is not given is no attribute of the result."""
    for name, field in Settings.model_fields.items():
        written = spelling(field)
        if written.option is None:
            continue
        form: dict[str, Any] = {"metavar": written.metavar}
        if field.annotation is bool:
            form = {"action": "store_true"}
        elif is_list(field):
            form["action"] = "append"
        elif name in MEANINGFUL_WHEN_EMPTY:
            form |= {"nargs": "?", "const": ""}
        text = re.sub(r"\[[^]]*\]\(([^)]*)\)", r"\1", description(field)).replace("`", "")
        more = "; may be repeated" if is_list(field) else ""
        parser.add_argument(
            written.option,
            dest=name,
            default=argparse.SUPPRESS,
            help=f"{text}{more} (default: {default(field)})",
            **form,
        )


def settings_from(options: Mapping[str, Any]) -> Settings:
    """Make settings from options; variables set those for which there is no option.

    Args:
        options: values, or the texts that stand for them, by the name of the setting.

    Raises:
        ValueError: a value is not allowed; names it as it was written, with what is allowed.
    """
    try:
        return Settings(**options)
    except ValidationError as error:
        raise ValueError(_sentence(error.errors()[0], options)) from None


def _sentence(error: ErrorDetails, options: Collection[str]) -> str:
    """Word an error of pydantic for the person who wrote the value.

    Args:
        error: one of a `ValidationError`.
        options: names of the settings whose values are not from variables.
    """
    name, *places = map(str, error["loc"])
    field, value = Settings.model_fields[name], error["input"]
    written = spelling(field).option or name if name in options else variable_of(name)
    match error["type"]:
        case "string_too_short":
            return f"{written} has {len(value)} characters; at least {error['ctx']['min_length']} are needed"
        case "greater_than_equal" | "less_than_equal":
            low = next(each.ge for each in field.metadata if isinstance(each, Ge))
            high = next(each.le for each in field.metadata if isinstance(each, Le))
            return f"{written} is {value}; allowed: {low} … {high}"
        case "value_error":
            allowed = str(error["ctx"]["error"])
        case kind:
            allowed = _ALLOWED.get(kind, error["msg"])
    return f"{written} {'has' if places else 'is'} {value!r}; allowed: {allowed}"
