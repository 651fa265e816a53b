"""``neural-playground``: reads the options and serves until a signal ends it."""

import argparse
import contextlib
import gc
import json
import logging
import sys
from dataclasses import replace
from datetime import UTC, datetime

from fastapi import FastAPI
from prometheus_client import start_http_server

from server import __version__
from server.cli import health, train
from server.cli.console import can_show, replace_unknown_characters
from server.compute import Unavailable, check
from server.lifecycle.shutdown import DrainingServer
from server.security.join_codes import legible
from server.security.lan import check_exposure, invitation, is_private, lan_address, qr_code
from server.settings import ANY_ADDRESS, Settings, from_environment, own_url, variables
from server.telemetry import logs
from server.telemetry.metrics import Metrics
from server.telemetry.standard_streams import say
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
    options = _parser().parse_args(given)
    try:
        settings = from_environment(
            host=options.host,
            port=options.port,
            compute=options.compute,
            workers=options.workers,
            max_sessions=options.max_sessions,
            allowed_hosts=None if options.allow_host is None else tuple(options.allow_host),
            allowed_origins=None if options.allow_origin is None else tuple(options.allow_origin),
            allowed_embedders=None if options.allow_embedding is None else tuple(options.allow_embedding),
            trusted_proxies=None if options.trusted_proxy is None else tuple(options.trusted_proxy),
            root_path=options.root_path,
            join_code=options.join_code or None,
            lan=options.lan,
            insecure=options.insecure,
            log_format=options.log_format,
            log_level=options.log_level,
            metrics_port=options.metrics_port,
            metrics_host=options.metrics_host,
            metrics_token=options.metrics_token,
        )
        logs.configure(settings.log_format, settings.log_level)
        for notice in variables().notices:
            log.warning(notice)
        settings = _opened(settings, draw=options.join_code == "")
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
        code = app.state.joining.code if app.state.joining else None

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
            entry["join_code"] = legible(code)  # it was drawn, and stands nowhere else
        text = json.dumps(entry)
    else:
        text = _told(settings, port, code)
        if metrics_address is not None:
            text += f"\nMetrics: {metrics_address}"
    if settings.address_file is not None:
        health.write_address(settings.address_file, own_url(settings.host, port))
    unsaid = say(text)
    if unsaid is not None:
        log.info("nobody reads on standard output where the page is (%s)", unsaid.strerror)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="neural-playground",
        description="Serve the Neural Playground.",
        epilog=(
            "Every option can also be set as PLAYGROUND_HOST, PLAYGROUND_PORT and so on."
            " `neural-playground train --help` tells how to train without a page,"
            " `neural-playground health --help` how to ask whether the server is alive."
        ),
    )
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1, this machine only)")
    parser.add_argument("--port", type=int, help="port to listen on; 0 takes a free one (default: 8000)")
    parser.add_argument(
        "--compute",
        metavar="WHERE",
        help="where networks train: processes, inline (in a thread of the server, for debugging)"
        " or dask://host:port, a cluster (default: processes)",
    )
    parser.add_argument(
        "--workers", type=int, help="engine processes (default: as many as there are processors, up to 8)"
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
        "--allow-embedding",
        action="append",
        metavar="ORIGIN",
        help="let pages of this origin (https://host) show the playground inside them; may be repeated",
    )
    parser.add_argument(
        "--lan",
        action="store_true",
        default=None,
        help="serve everybody in this network who has the join code; shows address, code and QR code",
    )
    parser.add_argument(
        "--join-code",
        nargs="?",
        const="",
        metavar="CODE",
        help="ask for a code before anything can be done; without CODE, one is drawn",
    )
    parser.add_argument(
        "--insecure",
        action="store_true",
        default=None,
        help="serve everybody who reaches this server, without a join code",
    )
    parser.add_argument(
        "--trusted-proxy",
        action="append",
        metavar="ADDRESS",
        help="believe X-Forwarded-For and X-Forwarded-Proto of this address or network; may be repeated",
    )
    parser.add_argument(
        "--root-path", metavar="/PATH", help="what the addresses begin with if a proxy passes it on"
    )
    parser.add_argument(
        "--log-format", choices=logs.FORMATS, help="text for people, json for machines (default: text)"
    )
    parser.add_argument(
        "--log-level", choices=logs.LEVELS, help="the least weight of what is logged (default: warning)"
    )
    parser.add_argument(
        "--metrics-port",
        type=int,
        metavar="PORT",
        help="serve metrics for Prometheus on a port of their own (default: none)",
    )
    parser.add_argument(
        "--metrics-host",
        metavar="HOST",
        help="address that this port listens on (default: 127.0.0.1, this machine only)",
    )
    parser.add_argument(
        "--metrics-token",
        metavar="TOKEN",
        help="serve metrics at /metrics to clients that send this bearer token; better as PLAYGROUND_METRICS_TOKEN,"
        " as others can see the options of a process (default: none)",
    )
    parser.add_argument("--version", action="version", version=f"neural-playground {__version__}")
    return parser


def _opened(settings: Settings, *, draw: bool) -> Settings:
    """Return the settings with what --lan and a --join-code without a code stand for."""
    if settings.lan and is_private(settings.host):
        settings = replace(settings, host=ANY_ADDRESS)
    drawn = draw or (settings.lan and not settings.insecure)
    if settings.join_code is None and drawn and settings.log_format == "json":
        raise ValueError(
            "no join code is drawn with --log-format json, as codes are not for logs; choose one, best with"
            " PLAYGROUND_JOIN_CODE"
        )
    if settings.join_code is None and drawn:
        settings = replace(settings, join_code="")
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
        lines.append(f"Join code: {legible(code)}")
    elif not is_private(settings.host):
        lines.append("Whoever reaches this address may use it: no join code is asked for.")
    return "\n".join(lines)
