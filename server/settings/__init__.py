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
    """the code that people give before they can do anything, at least six characters; without a value one of eight
    letters is drawn, which stays the same for a day. One that can be guessed is warned of"""
    insecure: Annotated[bool, Spelling("--insecure")] = False
    """listen where others reach the server without asking for a code"""
    trusted_proxies: Annotated[tuple[Network, ...], COMMAS, Spelling("--trusted-proxy", "ADDRESS")] = ()
    """addresses or networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed"""
    root_path: Annotated[RootPath, Spelling("--root-path", "/PATH")] = ""
    """what addresses begin with, as `/a/b`, if a proxy passes it on; if it takes it away, nothing needs to be set"""
    allowed_embedders: Annotated[tuple[Origin, ...], COMMAS, Spelling("--allow-embedding", "ORIGIN")] = ()
    """other origins (`https://host`) whose pages may show the playground inside them"""
    allowed_origins: Annotated[tuple[Origin, ...], COMMAS, Spelling("--allow-origin", "ORIGIN")] = ()
    """other origins (`https://host`) whose pages may open sessions"""
    hello_seconds: Annotated[float, Field(ge=0.1, le=600)] = 10.0
    """how long a new connection may stay silent"""
    window: Annotated[int, Field(ge=1, le=8)] = 8
    """frames a page may leave unacknowledged at most; on a slow connection it is two"""
    slice_seconds: Annotated[float, Field(ge=0.001, le=1)] = 0.025
    """longest stretch of training between two looks at the commands"""
    ping_seconds: Annotated[float, Field(ge=0.1, le=600)] = 20.0
    """how often a page is asked whether it is still there"""
    pong_seconds: Annotated[float, Field(ge=0.1, le=600)] = 20.0
    """how long its answer may take before the connection is cut"""
    slow_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 30.0
    """how long a page may acknowledge nothing while frames wait, before it is sent away for a while"""
    heartbeat_seconds: Annotated[float, Field(ge=0.1, le=15)] = 15.0  # the page gives up after 45
    """after so long without anything to send, the server sends that it is there"""
    languages: Folder | None = None
    """a folder with further language files; see [Languages](docs/languages.md)"""
    max_sessions: Annotated[int, Field(ge=1, le=100_000), Spelling("--max-sessions", "N")] = 200
    """sessions at once; others are asked to wait, and let in when there is room. One person (a browser that joined;
    without a join code an address) can have nine tenths"""
    max_client_sessions: Annotated[int, Field(ge=1, le=100_000)] = 8
    """of them, those of one browser; without a join code browsers say themselves which they are"""
    max_address_sessions: Annotated[int, Field(ge=1, le=100_000)] = 300
    """of them, those of one address"""
    kept_seconds: Annotated[float, Field(ge=0, le=86_400)] = 120.0
    """how long a session waits for a connection that was lost"""
    alone_seconds: Annotated[float, Field(ge=0, le=86_400)] = 30.0
    """how long it trains meanwhile"""
    rest_seconds: Annotated[float, Field(ge=0.1, le=604_800)] = 600.0
    """how long a session trains without anybody doing anything"""
    idle_seconds: Annotated[float, Field(ge=0.1, le=604_800)] = 1800.0
    """how long it is kept without anybody doing anything"""
    session_seconds: Annotated[float, Field(ge=0.1, le=604_800)] = 43_200.0
    """how long it is kept at most; after all of these one click goes on"""
    checkpoint_seconds: Annotated[float, Field(ge=0.1, le=600)] = 2.0
    """how often a browser is given what it needs to go on elsewhere, while training goes on"""
    token_seconds: Annotated[float, Field(ge=1, le=2_592_000)] = 86_400.0
    """how long that can be used"""
    token_keys: Annotated[
        tuple[str, ...], Field(repr=False), COMMAS, Spelling(default="a key of its own")
    ] = ()
    """secrets that sign what browsers keep, each of at least 32 characters, the same on servers that stand in for each
    other: the first signs, all are believed"""
    state_folder: Annotated[Folder | None, Spelling(default="`~/.local/state/neural-playground`")] = Field(
        default_factory=default_state_folder
    )
    """where the server keeps the key that it makes at its first start"""
    address_file: File | None = None
    """a file into which the server writes its address, where `neural-playground health` finds it"""
    log_format: Annotated[str, one_of(FORMATS), Spelling("--log-format", "FORMAT")] = "text"
    """`text` for people; `json` writes each line of the log as an object"""
    log_level: Annotated[str, one_of(LEVELS), Spelling("--log-level", "LEVEL")] = "warning"
    """the least severity that is logged: critical, error, warning, info or debug"""
    metrics_port: Annotated[int | None, Field(ge=0, le=65_535), Spelling("--metrics-port", "PORT")] = None
    """a separate port for the metrics of Prometheus"""
    metrics_host: Annotated[Host, Spelling("--metrics-host", "HOST")] = "127.0.0.1"
    """address that this port listens on"""
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
