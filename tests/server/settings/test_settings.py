"""Settings: options from the command line and the environment."""

from dataclasses import fields
from pathlib import Path

import pytest

from server.settings import Settings, default_state_folder, from_environment
from server.settings.processors import default_workers


def test_without_anything_the_server_is_for_this_machine_only() -> None:
    settings = Settings()

    assert (settings.host, settings.port, settings.window) == ("127.0.0.1", 8000, 8)
    assert settings.workers == default_workers() >= 1


def test_variables_set_options_and_the_command_line_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_PORT", "9000")
    monkeypatch.setenv("PLAYGROUND_HOST", "0.0.0.0")
    monkeypatch.setenv("PLAYGROUND_ALLOWED_ORIGINS", "https://a.example, https://b.example")

    settings = from_environment(host="127.0.0.2", port=None)

    assert settings.host == "127.0.0.2"
    assert settings.port == 9000
    assert settings.allowed_origins == ("https://a.example", "https://b.example")


def test_a_variable_that_makes_no_sense_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_PORT", "many")

    with pytest.raises(ValueError, match="PLAYGROUND_PORT is 'many'; allowed: a whole number"):
        from_environment()


def test_a_variable_out_of_range_is_named_as_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_PORT", "65536")

    with pytest.raises(ValueError, match=r"^PLAYGROUND_PORT is 65536; allowed: 0 … 65535$"):
        from_environment()
    with pytest.raises(ValueError, match=r"^port is 65537; allowed: 0 … 65535$"):
        from_environment(port=65_537)


EMPTY = ["", "  ", "\r", '""', "' '", ' ""\r']


@pytest.mark.parametrize("text", EMPTY)
@pytest.mark.parametrize("name", [field.name for field in fields(Settings) if field.name != "join_code"])
def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(f"PLAYGROUND_{name.upper()}", text)

    assert from_environment() == Settings()


@pytest.mark.parametrize("text", EMPTY)
def test_an_empty_join_code_asks_for_one_to_be_drawn(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PLAYGROUND_JOIN_CODE", text)

    assert from_environment().join_code == ""


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("join_code", '"246810"', "246810"),
        ("port", "'9000'\r", 9000),
        ("host", ' "0.0.0.0" ', "0.0.0.0"),
        ("lan", '"on"', True),
        ("allowed_hosts", '"a.example, b.example"', ("a.example", "b.example")),
        ("allowed_hosts", '"a.example","b.example"', ("a.example", "b.example")),
        ("state_folder", '"/srv/the state"', Path("/srv/the state")),
        ("join_code", '"246810', '"246810'),  # these enclose nothing
        ("join_code", '"24"68"10"', '"24"68"10"'),
    ],
)
def test_quotation_marks_around_a_whole_value_are_no_part_of_it(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object
) -> None:
    monkeypatch.setenv(f"PLAYGROUND_{name.upper()}", text)

    assert getattr(from_environment(), name) == value


@pytest.mark.parametrize("name", ["host", "metrics_host"])
def test_an_empty_host_does_not_mean_all_addresses(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is empty"):
        Settings(**{name: ""})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"XDG_STATE_HOME": "/srv/state", "HOME": "/home/ada"}, Path("/srv/state/neural-playground")),
        ({"XDG_STATE_HOME": "", "HOME": "/home/ada"}, Path("/home/ada/.local/state/neural-playground")),
        ({"XDG_STATE_HOME": "state", "HOME": "/home/ada"}, Path("/home/ada/.local/state/neural-playground")),
        ({"HOME": ""}, None),
        ({"HOME": "ada"}, None),
        ({}, None),
    ],
)
def test_the_state_folder_is_in_the_home_of_a_user_who_has_one(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: Path | None
) -> None:
    for name in ("XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # nobody is known

    assert default_state_folder() == folder


def test_a_home_that_nobody_has_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_STATE_FOLDER", "~nobody-of-that-name/state")

    with pytest.raises(ValueError, match="PLAYGROUND_STATE_FOLDER is '~nobody-of-that-name/state'; allowed"):
        from_environment()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 65_536),
        ("port", -1),
        ("workers", 0),
        ("worker_memory", 511),
        ("window", 9),
        ("hello_seconds", 0),
    ],
)
def test_a_number_out_of_range_is_refused_by_name(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{name} is {value}; allowed"):
        Settings(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "where", ["processes", "inline", "dask://localhost:8786", "dask://10.0.0.1:1", "dask://[::1]:8786"]
)
def test_compute_is_somewhere(where: str) -> None:
    assert Settings(compute=where).compute == where


@pytest.mark.parametrize(
    "where", ["", "threads", "dask://", "dask://host", "tcp://host:8786", "dask://host:x"]
)
def test_compute_elsewhere_is_refused(where: str) -> None:
    with pytest.raises(ValueError, match=r"compute is .*; allowed: processes, inline, dask://host:port"):
        Settings(compute=where)
