"""Environment: what the variables of a process set, and what is said about those that set nothing."""

import re

import pytest

from server.settings import variables
from server.settings.environment import ELSEWHERE, PREFIX, read
from tests.support.live_server import ROOT, live_server

SETTINGS = ("host", "port", "metrics_port", "metrics_host", "join_code", "workers", "state_folder")

SERVICE = {
    "PLAYGROUND_PORT": "tcp://10.43.0.1:8000",
    "PLAYGROUND_SERVICE_HOST": "10.43.0.1",
    "PLAYGROUND_SERVICE_PORT": "8000",
    "PLAYGROUND_SERVICE_PORT_HTTP": "8000",
    "PLAYGROUND_PORT_8000_TCP": "tcp://10.43.0.1:8000",
    "PLAYGROUND_PORT_8000_TCP_PROTO": "tcp",
    "PLAYGROUND_PORT_8000_TCP_PORT": "8000",
    "PLAYGROUND_PORT_8000_TCP_ADDR": "10.43.0.1",
}
"""What Kubernetes sets for a service called playground."""


def test_the_variables_of_a_service_set_nothing_and_only_the_port_is_worth_a_word() -> None:
    found = read(SERVICE, SETTINGS)

    assert found.values == {}
    (notice,) = found.notices
    assert notice.startswith("PLAYGROUND_PORT is 'tcp://10.43.0.1:8000'")


@pytest.mark.parametrize("address", ["udp://10.43.0.1:8000", "sctp://10.43.0.1:1", "tcp://[fd00::1]:8000"])
@pytest.mark.parametrize("variable", ["PLAYGROUND_PORT", "PLAYGROUND_METRICS_PORT"])
def test_the_address_of_a_service_is_no_port(variable: str, address: str) -> None:
    found = read({variable: address}, SETTINGS)

    assert found.values == {}
    assert [notice.split()[0] for notice in found.notices] == [variable]


def test_the_variables_of_other_services_whose_names_begin_alike_are_left_alone() -> None:
    other = {name.replace("PLAYGROUND", "PLAYGROUND_WORKERS"): value for name, value in SERVICE.items()}

    assert read(other, SETTINGS) == read({}, SETTINGS)


@pytest.mark.parametrize(
    ("variable", "near"),
    [
        ("PLAYGROUND_JOINCODE", "PLAYGROUND_JOIN_CODE"),
        ("playground_port", "PLAYGROUND_PORT"),
        ("PLAYGROUND_STATE_DIR", "PLAYGROUND_STATE_FOLDER"),
        ("PLAYGROUND_WORKER", "PLAYGROUND_WORKERS"),
    ],
)
def test_a_name_that_is_not_known_is_told_with_the_nearest_that_is_and_without_its_value(
    variable: str, near: str
) -> None:
    found = read({variable: "secret"}, SETTINGS)

    assert found.values == {}
    (notice,) = found.notices
    assert notice.startswith(f"{variable} ")
    assert notice.endswith(f"{near}?")
    assert "secret" not in notice


def test_a_name_like_no_other_is_told_too() -> None:
    (notice,) = read({"PLAYGROUND_XYZZY": "1"}, SETTINGS).notices

    assert notice.startswith("PLAYGROUND_XYZZY ")


def test_variables_of_others_are_none_of_its_business() -> None:
    assert (
        read({"HOME": "/", "PORT": "tcp://10.43.0.1:80", "MY_PLAYGROUND_PORT": "1"}, SETTINGS).notices == ()
    )


def test_every_variable_that_this_project_names_is_a_setting_or_known_to_be_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = [*ROOT.glob("*.y*ml"), ROOT / "Dockerfile", ROOT / "Makefile", ROOT / "README.md"]
    for folder in ("benchmarks", "deploy", "docs", "scripts", "server", "tests/support", "tests/browser"):
        files += [
            path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".md", ".conf", ".cfg")
        ]
    named = set()
    for path in files:
        named |= set(re.findall(r"\bPLAYGROUND_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")))
    assert named >= ELSEWHERE
    for name in named:
        monkeypatch.setenv(name, "1")

    told = variables()

    assert {PREFIX + name.upper() for name in told.values} | ELSEWHERE == named
    assert told.notices == ()


def test_a_server_starts_with_all_of_them_and_says_in_a_line_each_what_it_ignores() -> None:
    environment = SERVICE | {
        "PLAYGROUND_HOST": "",
        "PLAYGROUND_LANGUAGES": "",
        "PLAYGROUND_METRICS_TOKEN": " ",
        "PLAYGROUND_STATE_FOLDER": "",
        "PLAYGROUND_WORKERS": '"1"\r',
        "PLAYGROUND_JOIN_CODE": '"abcdefgh"',
        "PLAYGROUND_MAX_CLIENT_SESSION": "3",
    }
    with live_server(environment=environment) as server:
        log = server.log.read_text(encoding="utf-8").splitlines()

    assert server.url.startswith("http://127.0.0.1:")
    assert server.told.splitlines()[-1] == "Join code: abcd-efgh"
    assert len(log) == 2
    assert "PLAYGROUND_MAX_CLIENT_SESSIONS?" in log[0]
    assert "PLAYGROUND_PORT is 'tcp://10.43.0.1:8000'" in log[1]
