"""Every documented way to write a setting, from the command line and the environment to what the application gets."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from server.cli import serve
from server.settings import Settings

Read = Callable[..., Settings]


class StartedError(Exception):
    """Ends the command where the application would be made; carries its settings."""


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """Run the command with arguments up to the application, and return what that is given."""

    def application(settings: Settings) -> NoReturn:
        raise StartedError(settings)

    monkeypatch.setattr("server.cli.serve.create_app", application)
    monkeypatch.setattr("server.telemetry.logs.configure", lambda form, level: None)

    def run(*arguments: str, **variables: str) -> Settings:
        with monkeypatch.context() as environment:
            for name, text in variables.items():
                environment.setenv(name, text)
            with pytest.raises(StartedError) as started:
                serve.main([*arguments])
        settings: Settings = started.value.args[0]
        return settings

    return run


@pytest.fixture
def refused(read: Read, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command, and return the words with which it ends."""

    def run(*arguments: str, **variables: str) -> str:
        with pytest.raises(SystemExit) as end:
            read(*arguments, **variables)
        assert end.value.code not in (None, 0)
        return end.value.code if isinstance(end.value.code, str) else capsys.readouterr().err

    return run


# What is read from each variable, and from the option if there is one. Texts of lists are one entry each.
OPTIONS: list[tuple[str, str, list[str], Any]] = [
    ("host", "--host", ["127.0.0.9"], "127.0.0.9"),
    ("port", "--port", ["9000"], 9000),
    ("compute", "--compute", ["inline"], "inline"),
    ("workers", "--workers", ["3"], 3),
    ("allowed_hosts", "--allow-host", ["a.example", "b.example"], ("a.example", "b.example")),
    ("allowed_origins", "--allow-origin", ["https://a.example"], ("https://a.example",)),
    (
        "allowed_embedders",
        "--allow-embedding",
        ["http://b:80", "https://[::1]"],
        ("http://b:80", "https://[::1]"),
    ),
    (
        "trusted_proxies",
        "--trusted-proxy",
        ["10.0.0.7", "10.0.0.0/8", "::1"],
        ("10.0.0.7", "10.0.0.0/8", "::1"),
    ),
    ("root_path", "--root-path", ["/a/b"], "/a/b"),
    ("join_code", "--join-code", ["246810"], "246810"),
    ("max_sessions", "--max-sessions", ["7"], 7),
    ("log_format", "--log-format", ["json"], "json"),
    ("log_level", "--log-level", ["debug"], "debug"),
    ("metrics_port", "--metrics-port", ["0"], 0),
    ("metrics_host", "--metrics-host", ["127.0.0.8"], "127.0.0.8"),
    ("metrics_token", "--metrics-token", ["a token of sixteen"], "a token of sixteen"),
]
VARIABLES: list[tuple[str, str, Any]] = [
    ("worker_memory", "512", 512),
    ("lan", "on", True),
    ("insecure", "on", True),
    ("hello_seconds", "0.5", 0.5),
    ("window", "2", 2),
    ("slice_seconds", ".01", 0.01),
    ("ping_seconds", "1e1", 10),
    ("pong_seconds", "5", 5),
    ("slow_seconds", "5", 5),
    ("heartbeat_seconds", "5", 5),
    ("languages", "/srv/languages", Path("/srv/languages")),
    ("max_client_sessions", "5", 5),
    ("max_address_sessions", "5", 5),
    ("kept_seconds", "0", 0),
    ("alone_seconds", "0", 0),
    ("rest_seconds", "5", 5),
    ("idle_seconds", "5", 5),
    ("session_seconds", "5", 5),
    ("checkpoint_seconds", "5", 5),
    ("token_seconds", "5", 5),
    ("token_keys", "one,two", ("one", "two")),
    ("state_folder", "~/state", Path.home() / "state"),
    ("address_file", "~/address", Path.home() / "address"),
    *((name, ",".join(texts), value) for name, _, texts, value in OPTIONS),
]


def variable(name: str) -> str:
    return f"PLAYGROUND_{name.upper()}"


def spelled(option: str, texts: list[str]) -> list[str]:
    return [word for text in texts for word in (option, text)]


def test_all_settings_have_a_spelling_here(read: Read) -> None:
    names = {name for name, _, _ in VARIABLES}

    assert names == set(re.findall(r"\w+(?==)", repr(read()))) | {"join_code", "metrics_token", "token_keys"}


@pytest.mark.parametrize(("name", "text", "value"), VARIABLES)
def test_a_variable_sets_it(read: Read, name: str, text: str, value: Any) -> None:
    assert getattr(read(**{variable(name): text}), name) == value


@pytest.mark.parametrize(("name", "option", "texts", "value"), OPTIONS)
def test_an_option_sets_it(read: Read, name: str, option: str, texts: list[str], value: Any) -> None:
    assert getattr(read(*spelled(option, texts)), name) == value
    assert getattr(read(*(f"{option}={text}" for text in texts)), name) == value


@pytest.mark.parametrize(("name", "option", "texts", "value"), OPTIONS)
def test_an_option_wins_over_its_variable_which_is_not_even_read(
    read: Read, name: str, option: str, texts: list[str], value: Any
) -> None:
    assert getattr(read(*spelled(option, texts), **{variable(name): "\N{SNOWMAN}"}), name) == value


def test_lists_are_separated_by_commas_in_a_variable_and_by_repeating_in_options(read: Read) -> None:
    assert read(PLAYGROUND_ALLOWED_HOSTS=" a.example,, 'b.example' ,").allowed_hosts == (
        "a.example",
        "b.example",
    )
    assert read(PLAYGROUND_ALLOWED_HOSTS='"a.example, b.example"').allowed_hosts == ("a.example", "b.example")
    assert read(PLAYGROUND_ALLOWED_HOSTS=",").allowed_hosts == ()
    assert read("--allow-host", "a.example,b.example").allowed_hosts == ("a.example,b.example",)
    assert read("--allow-host", "a.example", PLAYGROUND_ALLOWED_HOSTS="b.example").allowed_hosts == (
        "a.example",
    )


@pytest.mark.parametrize("text", ["", "  ", "\r", '""', "' '"])
@pytest.mark.parametrize("name", [name for name, _, _ in VARIABLES if name != "join_code"])
def test_an_empty_variable_sets_nothing(read: Read, name: str, text: str) -> None:
    assert read(**{variable(name): text}) == read()


@pytest.mark.parametrize("text", ["1", "on", "true", "True", "ON", ' "on"\r'])
def test_a_variable_turns_a_flag_on(read: Read, text: str) -> None:
    assert read(PLAYGROUND_INSECURE=text).insecure


@pytest.mark.parametrize("text", ["0", "off", "false", "False", "OFF"])
def test_a_variable_leaves_a_flag_off_and_the_option_turns_it_on(read: Read, text: str) -> None:
    assert not read(PLAYGROUND_INSECURE=text).insecure
    assert read("--insecure", PLAYGROUND_INSECURE=text).insecure


def test_a_flag_has_no_value(read: Read, refused: Callable[..., str]) -> None:
    assert read("--lan", "--insecure").lan
    assert "--lan" in refused("--lan=on")


def test_lan_listens_on_all_addresses_unless_there_is_another_and_draws_a_code(read: Read) -> None:
    for settings in (read("--lan"), read(PLAYGROUND_LAN="on")):
        assert (settings.host, settings.join_code) == ("0.0.0.0", "")
    assert read("--lan", "--host", "192.0.2.7").host == "192.0.2.7"
    assert read("--lan", "--insecure").join_code is None
    assert read("--lan", "--join-code", "246810").join_code == "246810"


@pytest.mark.parametrize(
    ("arguments", "text", "code"),
    [
        ([], None, None),
        ([], "246810", "246810"),
        ([], "", ""),
        ([], ' "" ', ""),
        (["--join-code"], None, ""),
        (["--join-code="], None, ""),
        (["--join-code", "--port", "0"], None, ""),
        (["--join-code"], "246810", "246810"),
        (["--join-code"], "", ""),
        (["--join-code", "135791"], None, "135791"),
        (["--join-code=1357 91"], "246810", "1357 91"),
        (["--join-code", "135791"], "", "135791"),
    ],
)
def test_a_join_code_is_given_drawn_or_not_asked_for(
    read: Read, arguments: list[str], text: str | None, code: str | None
) -> None:
    variables = {} if text is None else {"PLAYGROUND_JOIN_CODE": text}

    assert read(*arguments, **variables).join_code == code


def test_a_log_for_machines_gets_no_drawn_code_unless_an_empty_variable_asks_for_one(
    read: Read, refused: Callable[..., str]
) -> None:
    for arguments in (["--join-code"], ["--lan"]):
        words = refused(*arguments, "--log-format", "json")
        assert "--log-format json" in words
        assert "PLAYGROUND_JOIN_CODE" in words
    assert read("--lan", "--log-format", "json", PLAYGROUND_JOIN_CODE="").join_code == ""
    assert read("--join-code", "--log-format", "json", PLAYGROUND_JOIN_CODE="246810").join_code == "246810"


# A setting, a text that it cannot be, and what is said of it: the text, and what is allowed.
INVALID: list[tuple[str, str, list[str]]] = [
    ("port", "many", ["'many'", "a whole number"]),
    ("port", "80.5", ["'80.5'", "a whole number"]),
    ("port", "65536", ["65536", "0 … 65535"]),
    ("port", "-1", ["-1", "0 … 65535"]),
    ("port", "tcp:", ["'tcp:'", "a whole number"]),
    ("workers", "0", ["0", "1 … 256"]),
    ("worker_memory", "511", ["511", "512 … 1048576"]),
    ("window", "9", ["9", "1 … 8"]),
    ("hello_seconds", "soon", ["'soon'", "a number of seconds"]),
    ("hello_seconds", "0", ["0", "0.1 … 600"]),
    ("token_seconds", "2592001", ["2592001", "1 … 2592000"]),
    ("kept_seconds", "nan", ["nan", "0 … 86400"]),
    ("kept_seconds", "inf", ["inf", "0 … 86400"]),
    ("metrics_port", "65536", ["65536", "0 … 65535"]),
    ("lan", "maybe", ["'maybe'", "on, off, true, false, 1, 0"]),
    ("compute", "gpu", ["'gpu'", "processes, inline, dask://host:port"]),
    ("compute", "dask://host", ["'dask://host'", "processes, inline, dask://host:port"]),
    ("log_format", "xml", ["'xml'", "text", "json"]),
    ("log_level", "loud", ["'loud'", "critical", "error", "warning", "info", "debug"]),
    ("root_path", "/a/", ["'/a/'", "/a/b"]),
    ("root_path", "a", ["'a'", "/a/b"]),
    ("allowed_origins", "a.example", ["'a.example'", "https://host", "https://host:port"]),
    ("allowed_embedders", "https://*", ["'https://*'", "https://host", "https://host:port"]),
    ("trusted_proxies", "proxy", ["'proxy'", "10.0.0.7", "10.0.0.0/8"]),
    ("trusted_proxies", "10.0.0.7/8", ["'10.0.0.7/8'", "10.0.0.7", "10.0.0.0/8"]),
    ("metrics_token", "hunter2", ["7 characters", "at least 16"]),
    ("state_folder", "~nobody-of-that-name/a", ["'~nobody-of-that-name/a'", "a folder", "~"]),
    ("languages", "~nobody-of-that-name/a", ["'~nobody-of-that-name/a'", "a folder", "~"]),
    ("address_file", "~nobody-of-that-name/a", ["'~nobody-of-that-name/a'", "a file", "~"]),
]


@pytest.mark.parametrize(("name", "text", "said"), INVALID)
def test_a_variable_that_cannot_be_is_named_with_its_value_and_what_is_allowed(
    refused: Callable[..., str], name: str, text: str, said: list[str]
) -> None:
    words = refused(**{variable(name): text})

    assert words.startswith(f"neural-playground: {variable(name)} ")
    assert len(words.splitlines()) == 1
    for part in said:
        assert part in words
    assert "hunter2" not in words


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        (option, text, said)
        for name, text, said in INVALID
        for other, option, _, _ in OPTIONS
        if name == other
    ],
)
def test_an_option_that_cannot_be_is_named_with_its_value_and_what_is_allowed(
    refused: Callable[..., str], option: str, text: str, said: list[str]
) -> None:
    words = refused(f"{option}={text}")

    assert words.startswith(f"neural-playground: {option} ")
    for part in said:
        assert part in words
    assert "hunter2" not in words


@pytest.mark.parametrize("option", ["--host", "--metrics-host"])
def test_an_empty_host_does_not_mean_all_addresses(refused: Callable[..., str], option: str) -> None:
    assert "an address or a name" in refused(f"{option}=")


def test_a_list_in_an_option_may_be_wrong_in_any_of_its_places(refused: Callable[..., str]) -> None:
    assert "'b'" in refused("--trusted-proxy", "10.0.0.7", "--trusted-proxy", "b")


def test_an_option_that_does_not_exist_is_refused(refused: Callable[..., str]) -> None:
    assert "--window" in refused("--window", "3")


@pytest.mark.parametrize(
    ("variable", "text", "notice"),
    [
        ("PLAYGROUND_WORKER", "hunter2", "PLAYGROUND_WORKERS?"),
        ("PLAYGROUND_XYZZY", "hunter2", "README"),
        ("playground_port", "1", "PLAYGROUND_PORT?"),
        ("PLAYGROUND_PORT", "tcp://10.43.0.1:8000", "--port"),
        ("PLAYGROUND_METRICS_PORT", ' "udp://[fd00::1]:1"', "--metrics-port"),
        ("PLAYGROUND_PORT_8000_TCP_ADDR", "10.43.0.1", None),
        ("PLAYGROUND_PUBLISH", "8000", None),
    ],
)
def test_a_variable_that_sets_nothing_is_ignored_with_a_warning_where_it_could_be_meant(
    read: Read, caplog: pytest.LogCaptureFixture, variable: str, text: str, notice: str | None
) -> None:
    assert read(**{variable: text}) == read()

    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == (notice is not None)
    for warning in warnings:
        assert warning.startswith(f"{variable} ")
        assert notice is not None
        assert notice in warning
        assert "hunter2" not in warning


DEFAULTS = {
    "--host": "127.0.0.1",
    "--port": "8000",
    "--compute": "processes",
    "--workers": "up to 8",
    "--max-sessions": "200",
    "--log-format": "text",
    "--log-level": "warning",
    "--metrics-port": "none",
    "--metrics-host": "127.0.0.1",
    "--metrics-token": "none",
}


def test_help_lists_every_option_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        serve.main(["--help"])

    assert end.value.code == 0
    entries = re.split(r"\n  (?=--)", capsys.readouterr().out)
    help_of = {entry.split()[0]: " ".join(entry.split()) for entry in entries}
    assert {option for _, option, _, _ in OPTIONS} | {"--lan", "--insecure", "--version"} <= help_of.keys()
    for option, default in DEFAULTS.items():
        assert re.search(rf"\(default: .*{re.escape(default)}", help_of[option]), option
