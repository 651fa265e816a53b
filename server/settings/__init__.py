"""Settings: the options of one server process, each declared once; the variables that set them, and their limits."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from server.settings.environment import Variables, read
from server.settings.kinds import COMMAS, Compute, File, Folder, Host, Network, Origin, RootPath, one_of
from server.settings.processors import default_workers
from server.telemetry.logs import FORMATS, LEVELS

ANY_ADDRESS = "0.0.0.0"

MAX_MESSAGE_BYTES = 131_072
"""Longer messages close the connection with code 1009.

An experiment with 5,000 custom points, each number with three to four digits, takes up to 120,000 bytes.
"""


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
        return Path(base) / "neural-playground"
    home = os.path.expanduser("~")  # stays as it is for a user id that this machine does not know
    if os.environ.get("HOME") == "" or not os.path.isabs(home):
        return None
    return Path(home) / ".local" / "state" / "neural-playground"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a setting is written, where that does not follow from its name and type.

    Attributes:
        option: its option on the command line; None: it has only a variable.
        metavar: what stands for the value in ``--help``; None: the name of the setting.
        default: words for the default; None: the default itself.
    """

    option: str | None = None
    metavar: str | None = None
    default: str | None = None


class Settings(BaseSettings):
    """Options of one server process: what is passed, else what ``PLAYGROUND_`` variables set, else the defaults.

    The words below each are those of ``--help`` and README.

    Raises:
        ValidationError: a value is not allowed.
    """

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    host: Annotated[Host, Spelling("--host")] = "127.0.0.1"
    """address to listen on; 127.0.0.1 serves this machine only"""
    port: Annotated[int, Field(ge=0, le=65_535), Spelling("--port")] = 8000
    """port to listen on; 0 takes a free one"""
    compute: Annotated[Compute, Spelling("--compute", "WHERE")] = "processes"
    """where networks train: `processes`, `inline` (in a thread of the server) or `dask://host:port`, a cluster; see
    [Compute](docs/deploying.md#compute)"""
    workers: Annotated[
        int, Field(ge=1, le=256), Spelling("--workers", default="as many as there are processors, up to 8")
    ] = Field(default_factory=default_workers)
    """engine processes; of a quota of fewer processors one is left to the server"""
    worker_memory: Annotated[int, Field(ge=512, le=1_048_576)] = 1024
    """mebibytes of address space that each of them may take, at least 512"""
    allowed_hosts: Annotated[
        tuple[str, ...], COMMAS, Spelling("--allow-host", "NAME", "this machine's names")
    ] = ()
    """other host names to answer to, as behind a proxy; IP addresses always work"""
    lan: Annotated[bool, Spelling("--lan")] = False
    """listen on all addresses, show the one in this network with a QR code, and ask for a join code"""
    join_code: Annotated[str | None, Field(repr=False), Spelling("--join-code", "CODE")] = None
    """ask for this code, at least six characters, before anything can be done; without a value a code of eight letters
    is drawn, which stays the same for a day. A warning says if a code is easily guessed"""
    insecure: Annotated[bool, Spelling("--insecure")] = False
    """serve everybody who reaches this server, without a join code"""
    trusted_proxies: Annotated[tuple[Network, ...], COMMAS, Spelling("--trusted-proxy", "ADDRESS")] = ()
    """addresses or networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed"""
    root_path: Annotated[RootPath, Spelling("--root-path", "/PATH")] = ""
    """prefix of all paths, as `/a/b`, where a proxy passes it on; if it removes the prefix, nothing is to be set"""
    allowed_embedders: Annotated[tuple[Origin, ...], COMMAS, Spelling("--allow-embedding", "ORIGIN")] = ()
    """other origins (`https://host`) whose pages may show the playground inside them"""
    allowed_origins: Annotated[tuple[Origin, ...], COMMAS, Spelling("--allow-origin", "ORIGIN")] = ()
    """other origins (`https://host`) whose pages may open sessions"""
    hello_seconds: Annotated[float, Field(ge=0.1, le=600)] = 10.0
    """how long a new connection may take to send its first message"""
    window: Annotated[int, Field(ge=1, le=8)] = 8
    """frames a page may leave unacknowledged at most; on a slow connection it is two"""
    slice_seconds: Annotated[float, Field(ge=0.001, le=1)] = 0.025
    """the longest slice of training; commands are handled between slices"""
    ping_seconds: Annotated[float, Field(ge=0.1, le=600)] = 20.0
    """how often a page is pinged"""
    pong_seconds: Annotated[float, Field(ge=0.1, le=600)] = 20.0
    """how long the answer to a ping may take before the connection is cut"""
    slow_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 30.0
    """how long a page may acknowledge nothing while frames wait, before it is sent away for a while"""
    heartbeat_seconds: Annotated[float, Field(ge=0.1, le=15)] = 15.0  # the page gives up after 45
    """after this long without another message the server sends a heartbeat"""
    languages: Folder | None = None
    """a folder with further language files; see [Languages](docs/languages.md)"""
    max_sessions: Annotated[int, Field(ge=1, le=100_000), Spelling("--max-sessions", "N")] = 200
    """sessions at once; others are asked to wait, and let in when there is room. One person (a browser that joined;
    without a join code an address) can have nine tenths"""
    max_client_sessions: Annotated[int, Field(ge=1, le=100_000)] = 8
    """sessions of one browser; without a join code a browser's identity is what it claims"""
    max_address_sessions: Annotated[int, Field(ge=1, le=100_000)] = 300
    """sessions of one address"""
    kept_seconds: Annotated[float, Field(ge=0, le=86_400)] = 120.0
    """how long a session is kept after its connection was lost"""
    alone_seconds: Annotated[float, Field(ge=0, le=86_400)] = 30.0
    """how long it trains without a connection"""
    rest_seconds: Annotated[float, Field(ge=0.1, le=604_800)] = 600.0
    """how long a session trains without any input"""
    idle_seconds: Annotated[float, Field(ge=0.1, le=604_800)] = 1800.0
    """how long it is kept without any input"""
    session_seconds: Annotated[float, Field(ge=0.1, le=604_800)] = 43_200.0
    """how long it is kept at most; after any of these limits one click resumes it"""
    checkpoint_seconds: Annotated[float, Field(ge=0.1, le=600)] = 2.0
    """how often a browser gets a resume token during training"""
    token_seconds: Annotated[float, Field(ge=1, le=2_592_000)] = 86_400.0
    """how long a resume token is valid"""
    token_keys: Annotated[
        tuple[str, ...], Field(repr=False), COMMAS, Spelling(default="a generated key")
    ] = ()
    """secrets for signing cookies and resume tokens, at least 32 characters each, the same on servers that take over
    from each other: the first signs, all verify"""
    state_folder: Annotated[Folder | None, Spelling(default="`~/.local/state/neural-playground`")] = Field(
        default_factory=default_state_folder
    )
    """where the server keeps the key that it generates at its first start"""
    address_file: File | None = None
    """a file into which the server writes its address, where `neural-playground health` finds it"""
    log_format: Annotated[str, one_of(FORMATS), Spelling("--log-format", "FORMAT")] = "text"
    """`text` for people; `json` writes each line of the log as an object"""
    log_level: Annotated[str, one_of(LEVELS), Spelling("--log-level", "LEVEL")] = "warning"
    """minimum severity that is logged: critical, error, warning, info or debug"""
    metrics_port: Annotated[int | None, Field(ge=0, le=65_535), Spelling("--metrics-port", "PORT")] = None
    """a separate port for Prometheus metrics"""
    metrics_host: Annotated[Host, Spelling("--metrics-host", "HOST")] = "127.0.0.1"
    """address that the metrics port listens on"""
    metrics_token: Annotated[
        str | None, Field(min_length=16, repr=False), Spelling("--metrics-token", "TOKEN")
    ] = None
    """the bearer token that opens `/metrics`; better as a variable, as others can see options"""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take variables as `environment` reads them, and no files."""
        return init_settings, InitSettingsSource(settings_cls, dict(variables().values))


def variables() -> Variables:
    """Return what the ``PLAYGROUND_`` variables of this process set, and what is to be said about them."""
    return read(os.environ, Settings.model_fields)
