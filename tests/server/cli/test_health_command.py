"""`neural-playground health`: exit code 0 exactly if the server of this machine is alive, wherever it listens."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.live_server import ROOT, LiveServer, live_server
from tests.support.processes import needs_proc


def health(
    *arguments: str, settings: Mapping[str, object] | None = None
) -> "subprocess.CompletedProcess[str]":
    given = {f"PLAYGROUND_{name.upper()}": str(value) for name, value in (settings or {}).items()}
    return subprocess.run(
        [sys.executable, "-m", "server", "health", *arguments],
        cwd=ROOT,
        env=os.environ | given,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    "options",
    [
        ("--host", "127.0.0.2"),
        ("--host", "::", "--insecure"),
        ("--host", "0.0.0.0", "--join-code", "--root-path", "/a/b"),
    ],
    ids=" ".join,
)
def test_it_asks_where_the_server_really_listens(options: tuple[str, ...], tmp_path: Path) -> None:
    """The port is an option of the server, which its own variable knows nothing of."""
    settings = {"address_file": tmp_path / "address"}
    with live_server("--compute", "inline", *options, settings=settings) as server:
        result = health(settings={**settings, "port": 1})

        assert result.returncode == 0, result.stderr
        assert result.stdout.split()[0].endswith(f":{server.port}")
        assert len(result.stdout.splitlines()) == 1


def test_it_takes_the_port_from_option_and_variable_as_the_server_does(
    server: LiveServer, tmp_path: Path
) -> None:
    stale = tmp_path / "address"
    stale.write_text("http://127.0.0.1:1\n")
    by_option = health("--port", str(server.port), settings={"port": 1, "address_file": stale})
    by_variable = health(settings={"port": server.port})
    without_file = health(settings={"port": server.port, "address_file": tmp_path / "none"})
    stale.write_text(f"http://127.0.0.1:{server.port}\n")
    by_quoted_file = health(settings={"port": 1, "address_file": f'"{stale}"'})

    assert [each.returncode for each in (by_option, by_variable, without_file, by_quoted_file)] == [0] * 4


def test_no_proxy_of_the_environment_stands_in_between(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Docker sets these in every container where its own client has a proxy."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    assert health("--port", str(server.port)).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(("--port", "1"), "127.0.0.1:1"), (("--port", "70000"), "70000"), (("--port", "0"), "--port")],
)
def test_a_server_that_is_not_there_is_told_in_one_sentence(arguments: tuple[str, ...], named: str) -> None:
    result = health(*arguments)

    assert result.returncode == 1
    assert named in result.stderr
    assert len(result.stderr.splitlines()) == 1


@needs_proc
def test_a_server_that_hangs_is_ill(tmp_path: Path) -> None:
    settings = {"address_file": tmp_path / "address"}
    with live_server("--compute", "inline", settings=settings) as server:
        server.process.send_signal(signal.SIGSTOP)
        try:
            result = health(settings=settings)
        finally:
            server.process.send_signal(signal.SIGCONT)

    assert result.returncode == 1
    assert str(server.port) in result.stderr


def test_something_else_on_the_port_is_no_playground(server_of_another_kind: int) -> None:
    result = health("--port", str(server_of_another_kind))

    assert result.returncode == 1
    assert "200" in result.stderr


@pytest.fixture
def server_of_another_kind(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "healthz").write_text("fine")
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        yield int(process.stdout.readline().split("port ")[1].split()[0])
        process.terminate()
        process.wait(20)


def test_an_address_that_cannot_be_written_is_a_warning_and_no_end(tmp_path: Path) -> None:
    nowhere = tmp_path / "no-such-folder" / "address"
    with live_server("--compute", "inline", settings={"address_file": nowhere}) as server:
        assert health(settings={"address_file": nowhere, "port": server.port}).returncode == 0
        log = server.log.read_text()

    assert "PLAYGROUND_ADDRESS_FILE" in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("arguments", "more"), [(["--port", "1"], set()), ([], {"pydantic", "pydantic_settings"})]
)
def test_it_imports_neither_the_application_nor_the_engine_and_no_settings_where_there_is_an_address(
    arguments: list[str], more: set[str], tmp_path: Path
) -> None:
    """A check every few seconds is to cost little."""
    address = tmp_path / "address"
    address.write_text("http://127.0.0.1:1\n")
    unwanted = {"numpy", "fastapi", "uvicorn"} | more
    seen = (
        f"import sys; sys.argv = ['neural-playground', 'health', *{arguments}]\n"
        "from server.__main__ import main\n"
        "try: main()\n"
        f"except SystemExit: print({unwanted} & sys.modules.keys())"
    )
    result = subprocess.run(
        [sys.executable, "-c", seen],
        cwd=ROOT,
        env=os.environ | {"PLAYGROUND_ADDRESS_FILE": str(address)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert result.stdout == "set()\n"
