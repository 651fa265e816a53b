"""The kinds of values that settings have. An error of a check holds the words for what is allowed instead."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from server.settings.environment import unquoted


def matching(pattern: str, allowed: str) -> AfterValidator:
    """Return a check that a regular expression matches the whole of a text; ``allowed`` says what matches."""
    expression = re.compile(pattern)

    def check(text: str) -> str:
        if not expression.fullmatch(text):
            raise ValueError(allowed)
        return text

    return AfterValidator(check)


def one_of(texts: tuple[str, ...]) -> AfterValidator:
    """Return a check that a text is one of several."""
    return matching("|".join(texts), ", ".join(texts))


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError("an address (10.0.0.7) or a network (10.0.0.0/8)") from None
    return text


def _with_home(kind: str) -> Callable[[Path], Path]:
    def expanded(path: Path) -> Path:
        try:
            return path.expanduser()
        except RuntimeError:
            raise ValueError(f"a {kind}; ~ stands for the home of a user who has one") from None

    return expanded


def _entries(value: object) -> object:
    return tuple(filter(None, map(unquoted, value.split(",")))) if isinstance(value, str) else value


Host = Annotated[str, matching(".+", "an address or a name")]
Compute = Annotated[
    str,
    matching(
        r"processes|inline|dask://([\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}", "processes, inline, dask://host:port"
    ),
]
Origin = Annotated[
    str,
    matching(
        r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", "https://host or https://host:port"
    ),
]
RootPath = Annotated[str, matching(r"(/[A-Za-z0-9._~-]+)*", "/a/b, without a slash at its end")]
Network = Annotated[str, AfterValidator(_network)]
File = Annotated[Path, AfterValidator(_with_home("file"))]
Folder = Annotated[Path, AfterValidator(_with_home("folder"))]

COMMAS = BeforeValidator(_entries)
"""Takes a text for a list whose entries are separated by commas."""
