"""``neural-playground``: reads the options and serves until a signal ends it."""

import argparse
import contextlib
import gc
import json
import logging
import sys
from datetime import UTC, datetime

from fastapi import FastAPI
from prometheus_client import start_http_server

from server import __version__
from server.cli import health, train
from server.cli.console import can_show, replace_unknown_characters
from server.compute import Unavailable, check
from server.lifecycle.shutdown import DrainingServer
from server.security.join_codes import grouped
from server.security.lan import check_exposure, invitation, is_private, lan_address, qr_code
from server.settings import ANY_ADDRESS, Settings, own_url, variables
from server.settings.options import add_options, settings_from
from server.telemetry import logs
from server.telemetry.metrics import Metrics
from server.telemetry.standard_streams import print_line
from server.transport.connections import Connections, raise_descriptor_limit
from server.transport.uvicorn_protocols import listen, serving_config
from server.web.app import create_app
from server.web.middleware.head_requests import wsgi_with_head

log = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> None:
    """Read the options, say where the page is, and serve until stopped."""
    replace_unknown_characters()
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["train"]:
        train.main(given[1:])
        return
    options = vars(_parser().parse_args(given))
    draw = options.get("join_code") == ""
    if draw:
        del options["join_code"]  # a variable may give one
    try:
        settings = settings_from(options)
        logs.configure(settings.log_format, settings.log_level)
        for notice in variables().notices:
            log.warning(notice)
        settings = _opened(settings, draw=draw)
        check_exposure(settings)
        app = create_app(settings)
        check(settings.compute)
    except (Unavailable, ValueError) as error:
        sys.exit(f"neural-playground: {error}")
    raise_descriptor_limit()
    try:
        listener = listen(settings)
    except OSError as error:
        sys.exit(
            f"neural-playground: cannot listen on {settings.host}, port {settings.port}: {error.strerror};"
            " choose another with --host and --port"
        )
    with listener:
        try:
            metrics_address = _serve_metrics(app, settings)
        except OSError as error:
            sys.exit(
                f"neural-playground: cannot serve metrics on {settings.metrics_host}, port {settings.metrics_port}:"
                f" {error.strerror}; choose another with --metrics-host and --metrics-port"
            )
        connections = Connections()
        config = serving_config(app, settings, app.state.shares, connections, log_config=None)
        code = app.state.join_cookies.code if app.state.join_cookies else None

        def announce() -> None:
            # What is there now stays: looking through it for garbage again and again would keep everybody waiting.
            gc.collect()
            gc.freeze()
            _fit(connections, settings.max_sessions)
            _announce(settings, listener.getsockname()[1], metrics_address, code)

        with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again after an orderly end
            DrainingServer(config, app.state.drain, announce).run(sockets=[listener])


def _serve_metrics(app: FastAPI, settings: Settings) -> str | None:
    """Serve the metrics on a port of their own, if there is to be one, and return its address."""
    if settings.metrics_port is None:
        return None
    metrics: Metrics = app.state.metrics
    served, _ = start_http_server(settings.metrics_port, settings.metrics_host, metrics.registry)
    if (metrics_app := served.get_app()) is not None:  # it was set at the start
        served.set_app(wsgi_with_head(metrics_app))
    return f"{own_url(settings.metrics_host, served.server_port)}/metrics"


def _fit(connections: Connections, sessions: int) -> None:
    """Adapt the number of connections to what the process may have, and say so where it does not suffice."""
    limit = connections.fit_to_descriptors()
    if connections.most < sessions:
        log.warning(
            "there is room for %d connections, but %d sessions may be wanted: the process may have no more than %s open"
            " files; raise that with ulimit -n, LimitNOFILE= or --ulimit nofile=65536, or lower --max-sessions",
            connections.most,
            sessions,
            limit,
        )


def _announce(settings: Settings, port: int, metrics_address: str | None, code: str | None) -> None:
    """Say where the page is, as soon as it can be opened."""
    if settings.log_format == "json":
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": "info",
            "event": f"Neural Playground {__version__} is ready",
            "address": f"{own_url(settings.host, port)}{settings.root_path}/",
            "metrics": metrics_address,
        }
        if code is not None and settings.join_code == "":
            entry["join_code"] = grouped(code)  # it was drawn, and stands nowhere else
        text = json.dumps(entry)
    else:
        text = _told(settings, port, code)
        if metrics_address is not None:
            text += f"\nMetrics: {metrics_address}"
    if settings.address_file is not None:
        health.write_address(settings.address_file, own_url(settings.host, port))
    unsaid = print_line(text)
    if unsaid is not None:
        log.info("nobody reads on standard output where the page is (%s)", unsaid.strerror)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="neural-playground",
        description="Serve the Neural Playground.",
        epilog=(
            "Every option can also be set as PLAYGROUND_HOST, PLAYGROUND_PORT and so on."
            " `neural-playground train --help` tells how to train without a page,"
            " `neural-playground replay --help` how to train a receipt again,"
            " `neural-playground health --help` how to ask whether the server is alive."
        ),
    )
    add_options(parser)
    parser.add_argument("--version", action="version", version=f"neural-playground {__version__}")
    return parser


def _opened(settings: Settings, *, draw: bool) -> Settings:
    """Return the settings with what --lan and a --join-code without a code stand for."""
    if settings.lan and is_private(settings.host):
        settings = settings.model_copy(update={"host": ANY_ADDRESS})
    drawn = draw or (settings.lan and not settings.insecure)
    if settings.join_code is None and drawn and settings.log_format == "json":
        raise ValueError(
            "no join code is drawn with --log-format json, as codes are not for logs; choose one, best with"
            " PLAYGROUND_JOIN_CODE"
        )
    if settings.join_code is None and drawn:
        settings = settings.model_copy(update={"join_code": ""})
    return settings


def _told(settings: Settings, port: int, code: str | None) -> str:
    """Return the text printed at the start: the address of the page, and how others get in."""
    path = f"{settings.root_path}/" if settings.root_path else ""
    lines = [f"Neural Playground {__version__}: {own_url(settings.host, port)}{path}"]
    if settings.lan:
        found = lan_address() if settings.host == ANY_ADDRESS else settings.host
        if found is None:
            lines.append(
                "This machine seems to be in no network; others reach it when it is, by its address there."
            )
        else:
            lines.append(f"In this network: {own_url(found, port)}{path}")
            drawn = qr_code(invitation(own_url(found, port) + path.rstrip("/"), code)).rstrip("\n")
            if can_show(drawn, sys.stdout):
                lines.append(drawn)
    if code is not None:
        lines.append(f"Join code: {grouped(code)}")
    elif not is_private(settings.host):
        lines.append("Whoever reaches this address may use it: no join code is asked for.")
    return "\n".join(lines)
