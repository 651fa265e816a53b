"""Settings: what the person who runs the server may choose."""

import ipaddress
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from server.keys import MIN_KEY_CHARACTERS
from server.logs import FORMATS, LEVELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Options of one server process.

    Attributes:
        host: address to listen on.
        port: TCP port; 0 takes a free one.
        compute: where slices are computed: ``processes`` of this machine, ``inline`` in a thread of the server, or
            in the cluster of a Dask scheduler, ``dask://host:port``.
        workers: engine processes.
        worker_memory: mebibytes of address space that each of them may take.
        allowed_hosts: further names by which requests may call this server; addresses of numbers, this machine's own
            name and localhost always may.
        allowed_origins: further origins (``https://host[:port]``) whose pages may open a session; pages of this
            server always may.
        allowed_embedders: origins whose pages may show this one inside them; pages of this server always may.
        trusted_proxies: addresses or networks of proxies whose word about a client's address and scheme is taken.
        root_path: what stands before the addresses of this server where a proxy passes it on, as ``/a/b``.
        join_code: what people have to give before they may do anything; empty: one is drawn; None: nothing is asked.
        lan: serve everybody in the network: on all addresses, with a join code.
        insecure: serve everybody who reaches this server without a join code.
        hello_seconds: how long a new connection may take to say hello.
        window: how many frames a client may leave unacknowledged at most, where the line is long enough for so many.
        slice_seconds: the longest stretch of training between two looks at the commands.
        ping_seconds: how often a WebSocket is asked whether somebody is still there.
        pong_seconds: how long the answer may take before the connection is cut.
        max_sessions: sessions at once. One person (with a join code a browser that joined, else an address) can have
            nine tenths of them; the rest is for persons who have none.
        max_client_sessions: of them, those of one browser. Without a join code a browser says itself which it is, so
            the limit keeps an honest one from opening too many and protects nobody.
        max_address_sessions: of them, those of one address.
        kept_seconds: how long a session waits for a connection that has ended.
        alone_seconds: how long it trains meanwhile.
        rest_seconds: how long a session trains without anybody doing anything.
        idle_seconds: how long it is kept without anybody doing anything.
        session_seconds: how long it is kept at most.
        checkpoint_seconds: how often a browser is given what it needs to go on elsewhere, while training goes on.
        token_seconds: how long that can be used.
        slow_seconds: how long a client may acknowledge nothing while frames wait, before it is sent away for a while.
        heartbeat_seconds: after so long without anything to say, the server says that it is there.
        languages: a folder with further language files, or None.
        log_format: ``text`` for people, ``json`` for machines.
        log_level: the least weight of what is logged.
        metrics_port: a port of their own for the metrics; None for none.
        metrics_host: address that it listens on.
        metrics_token: what opens ``/metrics``, which without a token is not there.
        token_keys: secrets to sign with, the first signs, all are believed; without any, the server makes its own.
        state_folder: where the server keeps the key that it made.

    Raises:
        ValueError: a number is out of its range, or something is not what it has to be; names it.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    compute: str = "processes"
    workers: int = field(default_factory=lambda: default_workers())  # defined below
    worker_memory: int = 1024
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    allowed_embedders: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    root_path: str = ""
    join_code: str | None = field(default=None, repr=False)  # a secret: never in a log
    lan: bool = False
    insecure: bool = False
    hello_seconds: float = 10.0
    window: int = 8
    slice_seconds: float = 0.025
    ping_seconds: float = 20.0
    pong_seconds: float = 20.0
    max_sessions: int = 200
    max_client_sessions: int = 8
    max_address_sessions: int = 300
    kept_seconds: float = 120.0
    alone_seconds: float = 30.0
    rest_seconds: float = 600.0
    idle_seconds: float = 1800.0
    session_seconds: float = 43_200.0
    checkpoint_seconds: float = 2.0
    token_seconds: float = 86_400.0
    slow_seconds: float = 30.0
    heartbeat_seconds: float = 15.0
    languages: Path | None = None
    log_format: str = "text"
    log_level: str = "warning"
    metrics_port: int | None = None
    metrics_host: str = "127.0.0.1"
    metrics_token: str | None = field(default=None, repr=False)  # a secret
    token_keys: tuple[str, ...] = field(default=(), repr=False)  # a secret: never in a log
    state_folder: Path = field(default_factory=lambda: default_state_folder())  # defined below

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        for name, low, high in (
            ("port", 0, 65_535),
            ("workers", 1, 256),
            ("worker_memory", 512, 1_048_576),
            ("hello_seconds", 0.1, 600),
            ("window", 1, 8),
            ("slice_seconds", 0.001, 1),
            ("max_sessions", 1, 100_000),
            ("max_client_sessions", 1, 100_000),
            ("max_address_sessions", 1, 100_000),
            ("kept_seconds", 0, 86_400),
            ("alone_seconds", 0, 86_400),
            ("rest_seconds", 0.1, 604_800),
            ("idle_seconds", 0.1, 604_800),
            ("session_seconds", 0.1, 604_800),
            ("checkpoint_seconds", 0.1, 600),
            ("token_seconds", 1, 2_592_000),
            ("ping_seconds", 0.1, 600),
            ("pong_seconds", 0.1, 600),
            ("slow_seconds", 0.1, 3600),
            ("heartbeat_seconds", 0.1, 15),  # the page gives up after 45
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}; allowed: {low} … {high}")
        if self.compute not in ("processes", "inline") and not _CLUSTER.fullmatch(self.compute):
            raise ValueError(f"compute is {self.compute!r}; allowed: processes, inline, dask://host:port")
        if self.metrics_port is not None and not 0 <= self.metrics_port <= 65_535:
            raise ValueError(f"metrics_port is {self.metrics_port}; allowed: 0 … 65535")
        if self.metrics_token is not None and len(self.metrics_token) < MIN_KEY_CHARACTERS:
            raise ValueError(
                f"metrics_token has {len(self.metrics_token)} characters; at least {MIN_KEY_CHARACTERS} are needed"
            )
        for name, known in (("log_format", FORMATS), ("log_level", LEVELS)):
            value = getattr(self, name)
            if value not in known:
                raise ValueError(f"{name} is {value!r}; allowed: {', '.join(known)}")
        for name in ("allowed_origins", "allowed_embedders"):
            for origin in getattr(self, name):
                if not _ORIGIN.fullmatch(origin):
                    raise ValueError(
                        f"{name} has {origin!r}; an origin is written https://host or https://host:port"
                    )
        for proxy in self.trusted_proxies:
            try:
                ipaddress.ip_network(proxy)
            except ValueError:
                raise ValueError(
                    f"trusted_proxies has {proxy!r}; an address (10.0.0.7) or a network (10.0.0.0/8) is allowed"
                ) from None
        if not _ROOT_PATH.fullmatch(self.root_path):
            raise ValueError(
                f"root_path is {self.root_path!r}; it is written /a/b, without a slash at its end"
            )


_ORIGIN = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")

MAX_MESSAGE_BYTES = 131_072
"""Longer messages close the connection with code 1009.

An experiment with 5,000 points of one's own, each number with three to four digits, takes up to 120,000 bytes.
"""


def from_environment(**chosen: object) -> Settings:
    """Build settings from ``PLAYGROUND_*`` variables; ``chosen`` values that are not None win.

    Raises:
        ValueError: a variable cannot be understood; names it.
    """
    values: dict[str, object] = {}
    for described in fields(Settings):
        variable = f"PLAYGROUND_{described.name.upper()}"
        text = os.environ.get(variable)
        if text is None:
            continue
        parse = _PARSERS[described.name]
        try:
            values[described.name] = parse(text)
        except ValueError:
            raise ValueError(
                f"{variable} is {text!r}, which is not {parse.__name__.strip('_').replace('_', ' ')}"
            ) from None
    values |= {name: value for name, value in chosen.items() if value is not None}
    return Settings(**values)  # type: ignore[arg-type]


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _on_or_off(text: str) -> bool:
    try:
        return {"1": True, "on": True, "true": True, "0": False, "off": False, "false": False, "": False}[
            text.lower()
        ]
    except KeyError:
        raise ValueError(text) from None


_PARSERS: Mapping[str, Callable[[str], object]] = {
    "host": str,
    "port": int,
    "compute": str,
    "workers": int,
    "worker_memory": int,
    "allowed_hosts": _list,
    "allowed_origins": _list,
    "allowed_embedders": _list,
    "trusted_proxies": _list,
    "root_path": str,
    "join_code": str,
    "lan": _on_or_off,
    "insecure": _on_or_off,
    "hello_seconds": float,
    "window": int,
    "slice_seconds": float,
    "max_sessions": int,
    "max_client_sessions": int,
    "max_address_sessions": int,
    "kept_seconds": float,
    "alone_seconds": float,
    "rest_seconds": float,
    "idle_seconds": float,
    "session_seconds": float,
    "checkpoint_seconds": float,
    "token_seconds": float,
    "ping_seconds": float,
    "pong_seconds": float,
    "slow_seconds": float,
    "heartbeat_seconds": float,
    "languages": Path,
    "log_format": str,
    "log_level": str,
    "metrics_port": int,
    "metrics_host": str,
    "metrics_token": str,
    "token_keys": _list,
    "state_folder": Path,
}


def default_state_folder() -> Path:
    """Return the folder of this user's home in which programs keep what must last (by the XDG convention)."""
    base = os.environ.get("XDG_STATE_HOME")
    return Path(base) / _FOLDER if base else Path.home() / ".local" / "state" / _FOLDER


_FOLDER = "neural-playground"


_CLUSTER = re.compile(r"dask://([\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}")

_MOST_WORKERS = 8
"""By default: about as many as one server process can keep busy with slices of 5 ms."""


def default_workers() -> int:
    """Choose how many engine processes there are, from affinity and quota: one for each processor, up to eight.

    Processors are shared with the server without harm, as engine processes stand behind it in line. A quota of fewer
    processors than there are is different: when it is used up all processes stop, the server too. So one is left to it.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _cgroup_quota(Path("/sys/fs/cgroup"))
    return worker_count(count, quota)


def worker_count(processors: int, quota: float | None) -> int:
    """Choose by the processors that may be used, and how many of them at a time, if that is limited."""
    if quota is not None and quota < processors:
        processors = math.ceil(quota) - 1
    return min(max(1, processors), _MOST_WORKERS)


def _cgroup_quota(root: Path) -> float | None:
    """Return the CPU quota of a container in processors, or None without one (cgroup v2, then v1)."""
    try:
        quota, period = (root / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        pass
    try:
        quota_us = int((root / "cpu/cpu.cfs_quota_us").read_text())
        return None if quota_us <= 0 else quota_us / int((root / "cpu/cpu.cfs_period_us").read_text())
    except (OSError, ValueError):
        return None
