"""The command ``neural-playground``."""

import argparse
import contextlib
import socket
import sys

import uvicorn

from server import __version__, train
from server.app import create_app
from server.settings import from_environment
from server.sockets import listen, serving


def main(arguments: list[str] | None = None) -> None:
    """Read the options, say where the page is, and serve until stopped."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["train"]:
        train.main(given[1:])
        return
    options = _parser().parse_args(given)
    try:
        settings = from_environment(
            host=options.host,
            port=options.port,
            workers=options.workers,
            max_sessions=options.max_sessions,
            allowed_hosts=None if options.allow_host is None else tuple(options.allow_host),
            allowed_origins=None if options.allow_origin is None else tuple(options.allow_origin),
        )
        app = create_app(settings)
    except ValueError as error:
        sys.exit(f"neural-playground: {error}")
    try:
        listener = listen(settings)
    except OSError as error:
        sys.exit(
            f"neural-playground: cannot listen on {settings.host}, port {settings.port}: {error.strerror};"
            " choose another with --host and --port"
        )
    with listener:
        config = serving(app, settings, log_level=options.log_level)
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again after an orderly end
            _Server(config, _address(settings.host, listener)).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Says where the page is as soon as it can be opened."""

    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(f"Neural Playground {__version__}: {self._address}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="neural-playground",
        description="Serve the Neural Playground.",
        epilog=(
            "Every option can also be set as PLAYGROUND_HOST, PLAYGROUND_PORT and so on."
            " `neural-playground train --help` tells how to train without a page."
        ),
    )
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1, this machine only)")
    parser.add_argument("--port", type=int, help="port to listen on; 0 takes a free one (default: 8000)")
    parser.add_argument(
        "--workers", type=int, help="engine processes (default: as many as there are processors)"
    )
    parser.add_argument(
        "--max-sessions",
        type=int,
        metavar="N",
        help="sessions at once; others are asked to wait (default: 200)",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        metavar="NAME",
        help="answer to this host name, too, as behind a proxy or with a name of its own; may be repeated",
    )
    parser.add_argument(
        "--allow-origin",
        action="append",
        metavar="ORIGIN",
        help="let pages of this origin (https://host) open sessions, too; may be repeated",
    )
    parser.add_argument(
        "--log-level",
        default="warning",
        choices=["critical", "error", "warning", "info", "debug"],
        help="(default: warning)",
    )
    parser.add_argument("--version", action="version", version=f"neural-playground {__version__}")
    return parser


def _address(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"
