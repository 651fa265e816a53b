"""Settings: what is declared of each, and their defaults."""

from pathlib import Path
from typing import Any

import pytest
from annotated_types import Ge, Le
from pydantic import ValidationError

from server.settings import Settings, default_state_folder
from server.settings.options import settings_from
from server.settings.processors import default_workers


def test_without_anything_the_server_is_for_this_machine_only() -> None:
    settings = Settings()

    assert (settings.host, settings.port, settings.window) == ("127.0.0.1", 8000, 8)
    assert settings.workers == default_workers() >= 1


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_is_described_and_every_number_has_limits(name: str) -> None:
    field = Settings.model_fields[name]

    assert field.description
    if (
        isinstance(field.get_default(call_default_factory=True), (int, float))
        and field.annotation is not bool
    ):
        assert {Ge, Le} <= set(map(type, field.metadata))


def test_what_is_passed_wins_over_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_PORT", "9000")
    monkeypatch.setenv("PLAYGROUND_WINDOW", "2")

    settings = Settings(port=7000)

    assert (settings.port, settings.window) == (7000, 2)


def test_an_error_names_a_setting_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, words in (
        ({"port": 65_537}, "--port is 65537; allowed: 0 … 65535"),
        ({"window": 9}, "window is 9; allowed: 1 … 8"),
    ):
        with pytest.raises(ValueError) as refused:
            settings_from(given)
        assert str(refused.value) == words

    monkeypatch.setenv("PLAYGROUND_PORT", "65536")
    with pytest.raises(ValueError) as refused:
        settings_from({})
    assert str(refused.value) == "PLAYGROUND_PORT is 65536; allowed: 0 … 65535"


def test_secrets_are_neither_in_a_representation_nor_in_an_error() -> None:
    secrets: dict[str, Any] = {
        "join_code": "hunter22",
        "metrics_token": "hunter22" * 2,
        "token_keys": ("hunter22",),
    }

    assert "hunter22" not in repr(Settings(**secrets))
    with pytest.raises(ValidationError) as refused:
        Settings(metrics_token="hunter22")
    assert "hunter22" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("join_code", '"246810"', "246810"),
        ("port", "'9000'\r", 9000),
        ("host", ' "0.0.0.0" ', "0.0.0.0"),
        ("lan", '"on"', True),
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

    assert getattr(Settings(), name) == value


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


@pytest.mark.parametrize(
    "where", ["processes", "inline", "dask://localhost:8786", "dask://10.0.0.1:1", "dask://[::1]:8786"]
)
def test_compute_is_somewhere(where: str) -> None:
    assert Settings(compute=where).compute == where


@pytest.mark.parametrize(
    "where", ["", "threads", "dask://", "dask://host", "tcp://host:8786", "dask://host:x"]
)
def test_compute_elsewhere_is_refused(where: str) -> None:
    with pytest.raises(ValidationError):
        Settings(compute=where)
