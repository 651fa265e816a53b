"""A real server in a process of its own, on a free port."""

import contextlib
import itertools
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class LiveServer:
    """A server that answers.

    Attributes:
        url: its address, http://127.0.0.1:port.
        process: its process.
        log: path of what it writes to standard error.
        told: what it wrote to standard output when it was ready.
    """

    url: str
    process: "subprocess.Popen[str]"
    log: Path
    told: str

    @property
    def socket_url(self) -> str:
        """The address of the WebSocket."""
        return self.url.replace("http", "ws", 1) + "/ws"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.url.rpartition(":")[2])


_PORTS = range(12_000, 32_000)
"""Below the ports of outgoing connections (from 32,768 on Linux, from 49,152 elsewhere): none of those can take one of
these between ``free_port`` and the server that listens."""

_PORTS_PER_PROCESS = 50
_numbers = itertools.cycle(range(_PORTS_PER_PROCESS))


def free_port() -> int:
    """Return a free port for a server that has to be given one; test processes that run side by side look elsewhere."""
    first = os.getpid() * _PORTS_PER_PROCESS
    for number in itertools.islice(_numbers, _PORTS_PER_PROCESS):
        port = _PORTS[(first + number) % len(_PORTS)]
        with contextlib.suppress(OSError), socket.create_server(("", port)):
            return port
    raise RuntimeError(f"no free port among {_PORTS_PER_PROCESS} from {_PORTS[first % len(_PORTS)]} on")


@contextlib.contextmanager
def live_server(
    *options: str,
    cwd: Path = ROOT,
    command: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
    settings: Mapping[str, object] | None = None,
) -> Iterator[LiveServer]:
    """Start a server, wait until it says where it is, and end it afterwards.

    Args:
        options: of its command.
        cwd: where it runs.
        command: instead of this checkout's.
        environment: adds to that of the test.
        settings: by name; likewise, as variables.
    """
    given = {f"PLAYGROUND_{name.upper()}": str(value) for name, value in (settings or {}).items()}
    arguments = [*(command or (sys.executable, "-m", "server")), "--port", "0", *options]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "stderr")
        with log.open("w", encoding="utf-8") as stderr:
            process = subprocess.Popen(
                arguments,
                cwd=cwd,
                env={**os.environ, **given, **(environment or {})},
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert process.stdout is not None
        try:
            # Written in one piece, when it can be reached; ends with the process at the latest.
            told = os.read(process.stdout.fileno(), 2**16).decode(errors="replace")
            found = re.search(r"http://[^\s/]+", told)
            if found is None:
                raise RuntimeError(f"the server did not start: {told}{log.read_text(encoding='utf-8')}")
            yield LiveServer(found.group(), process, log, told)
        finally:
            process.terminate()
            with process.stdout:
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
