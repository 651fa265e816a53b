"""Resume tokens: signed text with which a browser goes on with its session, on any server with the same keys.

A token is a version, base64url of a header (JSON) and a checkpoint of the run, and a signature over all of that. It is
a bearer token: anybody who has it can go on with the session.
"""

import base64
import re
import struct
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import Run, from_bytes, to_bytes
from engine.checkpoint import ENGINE, EngineMismatch, minimum_size
from engine.user_messages import Value
from server.protocol.events import ResumeRefusal, localized
from server.security.issue_time import is_outdated
from server.security.signing import SIGNATURE_CHARACTERS, Signing
from server.sessions.resume.tokens_v1 import read_former

MAX_CHARACTERS = 65_536
"""Longest token that is made or read; a run that needs more is not put into it."""

VERSION = 2
AUDIENCE = "neural-playground/session"
_PURPOSE = "resume"

_FORMAT = re.compile(r"([0-9]{1,9})\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+")
_FRONT = f"{VERSION}."
_HEADER_BYTES = struct.Struct("<H")
_MAX_RUN_BYTES = (MAX_CHARACTERS - len(_FRONT) - SIGNATURE_CHARACTERS) * 3 // 4 - _HEADER_BYTES.size - 600
"""A header has less than 600 bytes."""


class Claims(BaseModel):
    """The claims of a token: its contents besides the run.

    Attributes:
        aud: purpose of the token.
        iat: when it was made, in seconds since 1970 by the clock of the server.
        serial: number of the state, which grows within a session.
        engine: version of the engine whose run it is.
        session: public name of the session.
        secret: known only to the owner of the session.
        run: number of the run, as in frames.
        history: number of its lineage.
        playing: whether it was training.
        speed: requested epochs per second; null for full speed.
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
    """A token cannot be used.

    Attributes:
        code: why, which is the key of the message as well.
        text: the fields of an event with this message.
    """

    def __init__(self, code: ResumeRefusal, **values: Value) -> None:
        """Create the error from its code and the values of the message."""
        self.code: ResumeRefusal = code
        self.text = localized(code, **values)
        super().__init__(self.text["message"])


@dataclass(frozen=True, slots=True)
class ResumeToken:
    """A token with a valid signature: its claims, and its checkpoint, not yet read, if it holds one."""

    claims: Claims
    checkpoint: bytes | None

    def check_age(self, now: float, lifetime: float) -> None:
        """Raise an error if the token is too old; not needed while its session is alive.

        Args:
            now: seconds since 1970.
            lifetime: of a token, in seconds.

        Raises:
            RefusedToken: it is too old.
        """
        if is_outdated(self.claims.iat, now, lifetime):
            raise RefusedToken("resume-expired")

    def run(self) -> Run | None:
        """Read and check the run; return None if the token holds none.

        Raises:
            RefusedToken: the run is of another engine, or not of a single network.
        """
        if self.claims.engine != ENGINE:
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


def seal(
    signing: Signing, claims: Claims, run: Run | None, described: bytes | None = None
) -> tuple[str, bool]:
    """Return a token, and whether it holds the run; the run is left out if the token would be too long.

    Args:
        signing: the first of which signs.
        claims: of the token.
        run: to put into it.
        described: the result of `engine.checkpoint.describe` for its experiment, if known.
    """
    checkpoint = b"" if run is None or minimum_size(run) > _MAX_RUN_BYTES else to_bytes(run, described)
    if len(checkpoint) > _MAX_RUN_BYTES:
        checkpoint = b""
    header = claims.model_dump_json().encode()
    content = base64.urlsafe_b64encode(_HEADER_BYTES.pack(len(header)) + header + checkpoint).rstrip(b"=")
    return signing.sign(_PURPOSE, _FRONT.encode() + content).decode(), bool(checkpoint)


def unseal(signing: Signing, token: str) -> ResumeToken:
    """Verify a token, whatever its age.

    Args:
        signing: with one of which it must be signed.
        token: made by `seal`, or of version 1.

    Raises:
        RefusedToken: it is malformed, forged, or made for another purpose.
    """
    if len(token) > MAX_CHARACTERS:
        raise RefusedToken("resume-too-long", length=len(token), most=MAX_CHARACTERS)
    header, checkpoint = _read(signing, token)
    try:
        claims = Claims.model_validate_json(header)
    except ValidationError:
        raise RefusedToken("resume-malformed") from None
    if claims.aud != AUDIENCE:
        raise RefusedToken("resume-audience")
    return ResumeToken(claims, checkpoint or None)


def _read(signing: Signing, token: str) -> tuple[str | bytes, bytes]:
    """Return the header and the checkpoint of a token.

    Raises:
        RefusedToken: it is malformed or forged.
    """
    former = read_former(signing, token)
    if former is not None:
        return former
    match = _FORMAT.fullmatch(token)
    if match is None:
        raise RefusedToken("resume-malformed")
    if int(match[1]) != VERSION:
        raise RefusedToken("resume-version", version=int(match[1]), read=VERSION)
    signed = signing.unsign(_PURPOSE, token.encode())
    if signed is None:
        raise RefusedToken("resume-forged")
    content = signed.decode().removeprefix(_FRONT)
    data = base64.urlsafe_b64decode(content + "=" * (-len(content) % 4))
    (length,) = _HEADER_BYTES.unpack_from(data)
    start = _HEADER_BYTES.size
    return data[start : start + length], data[start + length :]
