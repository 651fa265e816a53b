"""The reverse proxies of deploy/, run as their recipes say, on free ports."""

import contextlib
import os
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from scripts.find_programs import find_program
from tests.support.client import PATIENCE_SECONDS
from tests.support.live_server import ROOT, free_port

RECIPES = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg", "caddy": "Caddyfile"}
_CERTIFICATES = "/etc/ssl/playground/"


@dataclass(frozen=True)
class Proxy:
    """A proxy that answers.

    Attributes:
        http: its address without TLS, http://localhost:port.
        https: its address with it.
        trust: what a client has to trust for that.
    """

    http: str
    https: str
    trust: ssl.SSLContext


@contextlib.contextmanager
def proxy(name: str, server: str, folder: Path, mistakes: Mapping[str, str] | None = None) -> Iterator[Proxy]:
    """Run a proxy in front of a server, by its recipe; skip the test where the proxy is not.

    Args:
        name: of the proxy.
        server: address of the server, http://host:port.
        folder: for what the proxy writes.
        mistakes: what stands in the recipe instead of what it should have.
    """
    command = find_program(name)
    if command is None:
        pytest.skip(f"{name} is not here; scripts/find_programs.py --install brings it on Debian, as root")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "both.pem")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)

    http, https = free_port(), free_port()
    recipe = (ROOT / "deploy" / RECIPES[name]).read_text(encoding="utf-8")
    for written, mistake in (mistakes or {}).items():
        assert written in recipe
        recipe = recipe.replace(written, mistake)
    here = {
        "127.0.0.1:8000": server.removeprefix("http://"),
        "8080": str(http),
        "8443": str(https),
        _CERTIFICATES: f"{folder}/",
    }
    assert all(written in recipe for written in here)
    # In one pass, as a port may contain what is replaced.
    recipe = re.sub("|".join(map(re.escape, here)), lambda found: here[found.group()], recipe)
    arguments = _arguments(name, folder)
    if name == "nginx":  # without root it may not write where Debian's would
        places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        own = "".join(f"{place}_temp_path {folder}/{place};" for place in places)
        recipe = recipe.replace("http {", f"http {{ access_log off; {own}", 1)
    (folder / RECIPES[name]).write_text(recipe, encoding="utf-8")

    log = folder / "log"
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [command, *arguments], cwd=folder, env=os.environ | homes, stdout=output, stderr=output
        )
    try:
        for port in (http, https):
            _wait(process, port, log)
        yield Proxy(f"http://localhost:{http}", f"https://localhost:{https}", trust)
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _arguments(name: str, folder: Path) -> list[str]:
    recipe = str(folder / RECIPES[name])
    return {
        "nginx": ["-p", str(folder), "-c", recipe, "-e", "stderr", "-g", f"daemon off; pid {folder}/pid;"],
        "haproxy": ["-db", "-f", recipe],
        "caddy": ["run", "--adapter", "caddyfile", "--config", recipe],
    }[name]


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Wait until somebody listens."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            break
    raise RuntimeError(f"the proxy does not listen: {log.read_text(encoding='utf-8')}")
