"""Tokens: what a browser keeps in order to go on later, here or on another server that signs with the same keys.

A token is base64url of a version, the name of the key, a header (JSON), a checkpoint of the run, and a signature over
all of it. It is no secret from its owner, but of no use to anybody else's session: whoever has it may go on with it.
"""

import base64
import binascii
import struct
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import Run, from_bytes, to_bytes
from engine.checkpoint import ENGINE, EngineMismatch, size
from engine.sentences import Value
from server.clocks import is_outdated
from server.keys import SIGNATURE_BYTES, Keys
from server.messages import told

MAX_CHARACTERS = 65_536
"""Longer tokens are neither given nor read; a run that needs more stays on the server."""

VERSION = 1
AUDIENCE = "neural-playground/session"
_PURPOSE = "resume"

_FRONT = struct.Struct("<B4sH")  # version, name of the key, bytes of the header
_MAX_BYTES = MAX_CHARACTERS * 3 // 4
_MAX_RUN_BYTES = _MAX_BYTES - SIGNATURE_BYTES - _FRONT.size - 600  # the header has less

Code = Literal[
    "resume-too-long",
    "resume-malformed",
    "resume-version",
    "resume-foreign-key",
    "resume-forged",
    "resume-audience",
    "resume-expired",
    "resume-engine",
    "resume-invalid",
    "resume-gone",
    "resume-revoked",
]
"""Why a token is refused; ``resume-gone``: it holds no run, and its session is no more."""


class Claim(BaseModel):
    """What a token says besides the run.

    Attributes:
        aud: what the token is for.
        iat: when it was made, in seconds since 1970 by the clock of the server.
        serial: number of the state among those of the session that tokens hold; the larger one is the newer one.
        engine: version of the engine whose run it is.
        session: public name of the session.
        secret: what only the owner of the session knows.
        run: number of the run, as frames tell it.
        history: number of its history of losses.
        playing: whether it was training.
        speed: epochs per second that were asked for; null for as fast as it goes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    aud: str = Field(max_length=64)
    iat: float
    serial: int = Field(default=0, ge=0, lt=2**53)
    engine: int
    session: str = Field(max_length=32)
    secret: str = Field(min_length=16, max_length=64)
    run: int = Field(ge=1, lt=2**53)
    history: int = Field(ge=1, lt=2**53)
    playing: bool
    speed: float | None = Field(ge=0.1, le=10_000)


class RefusedToken(Exception):
    """A token cannot be used; says why, to a person and to a program."""

    def __init__(self, code: Code, **values: Value) -> None:
        """Keep the code, which is the key of the sentence as well, and what goes into it."""
        self.code: Code = code
        self.told = told(code, **values)
        super().__init__(self.told["message"])


@dataclass(frozen=True, slots=True)
class Opened:
    """A token that is genuine: what it says, and its run, if it holds one, not yet read."""

    claim: Claim
    checkpoint: bytes | None

    def check_age(self, now: float, lasting: float) -> None:
        """Refuse a token that is too old; a living session does not need this check.

        Args:
            now: seconds since 1970.
            lasting: for how many seconds a token can be used.

        Raises:
            RefusedToken: it is too old.
        """
        if is_outdated(self.claim.iat, now, lasting):
            raise RefusedToken("resume-expired")

    def run(self) -> Run | None:
        """Return the run, checked, or None if the token holds none.

        Raises:
            RefusedToken: it is of another engine, or no run of a single network.
        """
        if self.claim.engine != ENGINE:
            raise RefusedToken("resume-engine")
        if self.checkpoint is None:
            return None
        try:
            run = from_bytes(self.checkpoint)
        except EngineMismatch:
            raise RefusedToken("resume-engine") from None
        except ValueError as error:
            raise RefusedToken("resume-invalid", why=str(error)) from None
        if run.replicas != 1:
            raise RefusedToken(
                "resume-invalid", why=f"the run has {run.replicas} replicas, a session has one"
            )
        return run


def seal(keys: Keys, claim: Claim, run: Run | None, described: bytes | None = None) -> tuple[str, bool]:
    """Return a token, and whether it holds the run: one that would be too long does not.

    Args:
        keys: the first of which signs.
        claim: what the token says.
        run: that it holds.
        described: what the engine has said of the run's experiment, if that is known.
    """
    checkpoint = b"" if run is None or size(run) > _MAX_RUN_BYTES else to_bytes(run, described)
    if len(checkpoint) > _MAX_RUN_BYTES:
        checkpoint = b""
    header = claim.model_dump_json().encode()
    signed = _FRONT.pack(VERSION, keys.names(_PURPOSE)[0], len(header)) + header + checkpoint
    token = base64.urlsafe_b64encode(signed + keys.sign(_PURPOSE, signed)).decode().rstrip("=")
    return token, bool(checkpoint)


def unseal(keys: Keys, token: str) -> Opened:
    """Return what a token says, whatever its age.

    Args:
        keys: with one of which it must be signed.
        token: as `seal` gave it.

    Raises:
        RefusedToken: it is not genuine, or not for this.
    """
    signed, signature = _split(token)
    version, name, length = _FRONT.unpack_from(signed)
    if version != VERSION:
        raise RefusedToken("resume-version", version=version, read=VERSION)
    if not keys.verify(_PURPOSE, signed, signature):
        if name not in keys.names(_PURPOSE):
            raise RefusedToken("resume-foreign-key")
        raise RefusedToken("resume-forged")
    header = signed[_FRONT.size : _FRONT.size + length]
    try:
        claim = Claim.model_validate_json(header)
    except ValidationError:
        raise RefusedToken("resume-malformed") from None
    if claim.aud != AUDIENCE:
        raise RefusedToken("resume-audience")
    return Opened(claim, signed[_FRONT.size + length :] or None)


def _split(token: str) -> tuple[bytes, bytes]:
    """Return what is signed, and the signature.

    Raises:
        RefusedToken: it is too long, or no token at all.
    """
    if len(token) > MAX_CHARACTERS:
        raise RefusedToken("resume-too-long", length=len(token), most=MAX_CHARACTERS)
    malformed = RefusedToken("resume-malformed")
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise malformed from None
    # There is one way to write a token: the bits that the last character has to spare are none to play with.
    if (
        base64.urlsafe_b64encode(data).decode().rstrip("=") != token
        or len(data) < _FRONT.size + SIGNATURE_BYTES
    ):
        raise malformed
    return data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
