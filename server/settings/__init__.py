"""Settings: the options of one server process, their limits, and how they are read."""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.settings.environment import PREFIX, Variables, read, unquoted
from server.settings.processors import default_workers
from server.telemetry.logs import FORMATS, LEVELS


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
        state_folder: where the server keeps the key that it made; None where it can keep none.
        address_file: where the server writes its address when it can be reached, for ``neural-playground health``;
            None for nowhere.

    Raises:
        ValueError: a number is out of its range, or something is not what it has to be; begins with its name.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    compute: str = "processes"
    workers: int = field(default_factory=default_workers)
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
    state_folder: Path | None = field(default_factory=lambda: default_state_folder())  # defined below
    address_file: Path | None = None

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
        if self.metrics_token is not None and len(self.metrics_token) < _MIN_TOKEN_CHARACTERS:
            raise ValueError(
                f"metrics_token has {len(self.metrics_token)} characters; at least {_MIN_TOKEN_CHARACTERS} are needed"
            )
        for name, known in (("log_format", FORMATS), ("log_level", LEVELS)):
            value = getattr(self, name)
            if value not in known:
                raise ValueError(f"{name} is {value!r}; allowed: {', '.join(known)}")
        for name in ("host", "metrics_host"):
            if not getattr(self, name):
                raise ValueError(f"{name} is empty; allowed: an address or a name")
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
_MIN_TOKEN_CHARACTERS = 16
_ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")

MAX_MESSAGE_BYTES = 131_072
"""Longer messages close the connection with code 1009.

An experiment with 5,000 custom points, each number with three to four digits, takes up to 120,000 bytes.
"""


def variables() -> Variables:
    """Return what the ``PLAYGROUND_`` variables of this process set, and what is to be said about them."""
    return read(os.environ, _PARSERS)


def from_environment(**chosen: object) -> Settings:
    """Build settings from ``PLAYGROUND_*`` variables; ``chosen`` values that are not None win.

    Raises:
        ValueError: a variable or a chosen value cannot be used; names it.
    """
    given = {name: value for name, value in chosen.items() if value is not None}
    texts = {name: text for name, text in variables().values.items() if name not in given}
    for name, text in texts.items():
        parse, allowed = _PARSERS[name]
        try:
            given[name] = parse(text)
        except ValueError:
            raise ValueError(f"{PREFIX}{name.upper()} is {text!r}; allowed: {allowed}") from None
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValueError as error:
        name, _, rest = str(error).partition(" ")
        if name not in texts:
            raise
        raise ValueError(f"{PREFIX}{name.upper()} {rest}") from None


def _list(text: str) -> tuple[str, ...]:
    return tuple(part for part in map(unquoted, text.split(",")) if part)


def _on_or_off(text: str) -> bool:
    try:
        return {"1": True, "on": True, "true": True, "0": False, "off": False, "false": False}[text.lower()]
    except KeyError:
        raise ValueError(text) from None


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # a home is asked for, and there is none
        raise ValueError(text) from None


_TEXT = str, "a text"
_WHOLE = int, "a whole number"
_SECONDS = float, "a number of seconds"
_TEXTS = _list, "texts separated by commas"
_SWITCH = _on_or_off, "on, off, true, false, 1, 0"
_FILE_PATH = _path, "a file; ~ stands for the home of a user who has one"
_FOLDER_PATH = _path, "a folder; ~ stands for the home of a user who has one"

_PARSERS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "host": _TEXT,
    "port": _WHOLE,
    "compute": _TEXT,
    "workers": _WHOLE,
    "worker_memory": _WHOLE,
    "allowed_hosts": _TEXTS,
    "allowed_origins": _TEXTS,
    "allowed_embedders": _TEXTS,
    "trusted_proxies": _TEXTS,
    "root_path": _TEXT,
    "join_code": _TEXT,
    "lan": _SWITCH,
    "insecure": _SWITCH,
    "hello_seconds": _SECONDS,
    "window": _WHOLE,
    "slice_seconds": _SECONDS,
    "max_sessions": _WHOLE,
    "max_client_sessions": _WHOLE,
    "max_address_sessions": _WHOLE,
    "kept_seconds": _SECONDS,
    "alone_seconds": _SECONDS,
    "rest_seconds": _SECONDS,
    "idle_seconds": _SECONDS,
    "session_seconds": _SECONDS,
    "checkpoint_seconds": _SECONDS,
    "token_seconds": _SECONDS,
    "ping_seconds": _SECONDS,
    "pong_seconds": _SECONDS,
    "slow_seconds": _SECONDS,
    "heartbeat_seconds": _SECONDS,
    "languages": _FOLDER_PATH,
    "log_format": _TEXT,
    "log_level": _TEXT,
    "metrics_port": _WHOLE,
    "metrics_host": _TEXT,
    "metrics_token": _TEXT,
    "token_keys": _TEXTS,
    "state_folder": _FOLDER_PATH,
    "address_file": _FILE_PATH,
}
"""How the variable of each setting is read, and what it may be."""


ANY_ADDRESS = "0.0.0.0"


def own_url(host: str, port: int) -> str:
    """Return the address under which this machine itself reaches a server that listens on ``host`` and ``port``."""
    host = {ANY_ADDRESS: "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def default_state_folder() -> Path | None:
    """Return the folder of this user in which programs keep what must last; None for a user without a home.

    By the XDG convention, which ignores a relative path.
    """
    base = os.environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(base):
        return Path(base) / _FOLDER
    home = os.path.expanduser("~")  # stays as it is for a user id that this machine does not know
    if os.environ.get("HOME") == "" or not os.path.isabs(home):
        return None
    return Path(home) / ".local" / "state" / _FOLDER


_FOLDER = "neural-playground"

_CLUSTER = re.compile(r"dask://([\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}")
