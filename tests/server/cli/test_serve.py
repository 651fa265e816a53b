"""The command line, as a process."""

import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from server import __version__
from tests.support.live_server import ROOT, live_server


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_it_says_where_it_serves_when_it_does() -> None:
    with live_server("--workers", "1") as server, urlopen(f"{server.url}/healthz") as response:
        assert response.status == 200


def test_it_ends_quietly_when_asked_to() -> None:
    with live_server("--workers", "1") as server:
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(20)

        assert code in (0, -signal.SIGTERM)
        assert server.log.read_text() == ""


def test_it_ends_quietly_on_ctrl_c() -> None:
    with live_server("--workers", "1") as server:
        server.process.send_signal(signal.SIGINT)
        server.process.wait(20)

        assert "Traceback" not in server.log.read_text()


def test_a_port_that_is_taken_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        result = run("--port", str(port))

    assert result.returncode != 0
    assert f"port {port}" in result.stderr
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("port", ["70000", "-1"])
def test_a_port_that_does_not_exist_is_refused(port: str) -> None:
    result = run("--port", port)

    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    assert port in result.stderr


def test_it_knows_its_version() -> None:
    assert run("--version").stdout == f"neural-playground {__version__}\n"


def test_it_works_from_any_folder(tmp_path: Path) -> None:
    command = (
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from server.cli.serve import main; main()",
    )

    with live_server("--workers", "1", cwd=tmp_path, command=command) as server, urlopen(server.url) as page:
        assert b"Neural Playground" in page.read()


def test_a_key_that_could_be_guessed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_TOKEN_KEYS", "hunter2")

    result = run()

    assert result.returncode != 0
    assert "PLAYGROUND_TOKEN_KEYS has 7 characters; at least 32" in result.stderr
    assert "hunter2" not in result.stderr
    assert "Traceback" not in result.stderr
