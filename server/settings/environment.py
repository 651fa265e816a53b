"""The ``PLAYGROUND_`` environment variables, as shells, env files, Docker and Kubernetes set them."""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

PREFIX = "PLAYGROUND_"

ELSEWHERE = frozenset(
    {
        "PLAYGROUND_BROWSER",
        "PLAYGROUND_EXAMPLES",
        "PLAYGROUND_LOOK",
        "PLAYGROUND_NODE",
        "PLAYGROUND_PUBLISH",
    }
)
"""Variables of the tests and of compose.yaml, which the server leaves alone."""

MEANINGFUL_WHEN_EMPTY = frozenset({"join_code"})
"""Settings for which an empty variable means something; for all others it is as if the variable were not set."""

# Kubernetes sets these in every container for each service of its namespace: for `playground`, but for
# `playground-metrics` too, whose PLAYGROUND_METRICS_PORT is the name of a setting as well.
_SERVICE_LINK = re.compile(
    r"PLAYGROUND(_\w+)?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)"
)
_SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://.*", re.IGNORECASE)

_QUOTATION_MARKS = "\"'"


@dataclass(frozen=True, slots=True)
class Variables:
    """What was found in an environment.

    Attributes:
        values: texts by the name of the setting.
        notices: sentences for the person who runs the server about variables that are ignored. They hold no value
            that could be a secret.
    """

    values: Mapping[str, str]
    notices: tuple[str, ...]


def read(environment: Mapping[str, str], settings: Collection[str]) -> Variables:
    """Find the variables that set something.

    White space around a value and quotation marks that enclose it are no part of it (``docker run --env-file`` passes
    both on). An empty value counts as not set, except for ``MEANINGFUL_WHEN_EMPTY``.

    Args:
        environment: all variables by name.
        settings: names of all settings, in lower case.
    """
    known = {variable_of(name): name for name in settings}
    values: dict[str, str] = {}
    notices: list[str] = []
    for variable in sorted(name for name in environment if name.upper().startswith(PREFIX)):
        value = unquoted(environment[variable])
        name = known.get(variable)
        if variable.endswith("_PORT") and _SERVICE_ADDRESS.fullmatch(value):
            if name is not None:
                notices.append(
                    f"{variable} is {value!r}, as Kubernetes sets it for a service of that name, and is ignored;"
                    f" set the port with --{name.replace('_', '-')}, or enableServiceLinks: false in the pod"
                )
        elif name is not None:
            if value or name in MEANINGFUL_WHEN_EMPTY:
                values[name] = value
        elif variable not in ELSEWHERE and not _SERVICE_LINK.fullmatch(variable):
            notices.append(_unknown(variable, settings))
    return Variables(values, tuple(notices))


def variable_of(setting: str) -> str:
    """Return the name of the variable that sets a setting."""
    return PREFIX + setting.upper()


def unquoted(text: str) -> str:
    """Return a text without white space around it and without quotation marks that enclose all of it."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTATION_MARKS and text[0] not in text[1:-1]:
        return text[1:-1].strip()
    return text


def _unknown(variable: str, settings: Collection[str]) -> str:
    near = difflib.get_close_matches(variable[len(PREFIX) :].lower(), settings, n=1)
    advice = f"did you mean {variable_of(near[0])}?" if near else "the README lists all settings"
    return f"{variable} is not a setting and is ignored; {advice}"
