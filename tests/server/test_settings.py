"""Settings: options from the command line and the environment."""

import pytest

from server.processors import default_workers
from server.settings import Settings, from_environment


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
