"""``neural-playground health``: asks the server on this machine for /healthz; the health check of containers.

Imports little, so that a container of small means starts it within its time limit.
"""

import argparse
import contextlib
import http.client
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from server.telemetry.standard_streams import print_line

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 4.0
_MOST_BYTES = 1000


def write_address(path: Path, address: str) -> None:
    """Write where the server is into a file, whole or not at all; if that is not possible, say so in the log.

    Args:
        path: of the file; another server's is replaced.
        address: http://host:port.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        fresh.write_text(f"{address}\n", "utf-8")
        fresh.replace(path)
    except OSError as error:
        log.warning(
            "the address of this server cannot be written to %s (%s); the command health asks the port that"
            " PLAYGROUND_PORT names instead. Name another file with PLAYGROUND_ADDRESS_FILE",
            path,
            error.strerror,
        )


def main(arguments: Sequence[str]) -> None:
    """Ask the server how it is, tell its answer in one sentence, and exit with 0 if it is well, else 1."""
    parser = argparse.ArgumentParser(
        prog="neural-playground health",
        description="Ask the server on this machine whether it is alive: exit code 0 if so, else 1.",
        epilog=(
            "Without options it asks at the address that the server has written to PLAYGROUND_ADDRESS_FILE;"
            " without such a file, at PLAYGROUND_HOST and PLAYGROUND_PORT."
        ),
    )
    parser.add_argument("--host", help="address that the server listens on")
    parser.add_argument("--port", type=int, help="port that it listens on")
    options = parser.parse_args(arguments)
    try:
        address = _address(options.host, options.port)
    except ValueError as error:
        sys.exit(f"neural-playground health: {error}")
    try:
        status, answer = _ask(address)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        sys.exit(f"neural-playground health: {address} does not answer: {reason}")
    if status != 200 or answer is None:
        sys.exit(
            f"neural-playground health: {address} answers with status {status}: {answer or 'no playground'}"
        )
    print_line(f"{address} answers: {answer}")


def _address(host: str | None, port: int | None) -> str:
    """Return where to ask.

    Raises:
        ValueError: a setting cannot be understood, or the port is not known.
    """
    if host is None and port is None:
        # Else it could not be written, not yet, or is named with ~ or quotation marks.
        with contextlib.suppress(OSError):
            return Path(os.environ.get("PLAYGROUND_ADDRESS_FILE", "")).read_text("utf-8").strip()
    # This takes longer to import than all else; the health check of a container has an address file and does without.
    from server.settings import own_url
    from server.settings.options import settings_from

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = settings_from(given)
    if not given and settings.address_file is not None:
        with contextlib.suppress(OSError):
            return settings.address_file.read_text("utf-8").strip()
    if settings.port == 0:
        raise ValueError(
            "port is 0, so the server has taken a free one: name it with --port, or name a file for its address"
            " with PLAYGROUND_ADDRESS_FILE, for the server too"
        )
    return own_url(settings.host, settings.port)


def _ask(address: str) -> tuple[int, str | None]:
    """Return the status of the answer, and what it says if it is the playground's.

    Raises:
        OSError, http.client.HTTPException: there is no answer.
    """
    # No proxy in between, whatever HTTP_PROXY says, as there would be with urllib.request.
    place = urlsplit(address)
    asked = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_TIMEOUT_SECONDS)
    try:
        asked.request("GET", "/healthz")
        response = asked.getresponse()
        body = response.read(_MOST_BYTES)
    finally:
        asked.close()
    try:
        return response.status, str(json.loads(body)["status"])
    except (ValueError, KeyError, TypeError):
        return response.status, None
