"""Resume tokens: signed text with which a browser goes on with its session, on any server with the same keys.

A token is text: a version, base64url of a header (JSON) and a checkpoint of the run, and a signature over all before.
It is a secret of its owner: with it anybody may go on with the session.
"""

import base64
import re
import struct
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import Run, from_bytes, to_bytes
from engine.checkpoint import ENGINE, EngineMismatch, minimum_size
from engine.user_messages import Value
from server.protocol.messages import ResumeRefusal, localized
from server.security.issue_time import is_outdated
from server.security.signing import SIGNATURE_CHARACTERS, Signing
from server.sessions.former_resume_tokens import read_former

MAX_CHARACTERS = 65_536
"""Longer tokens are neither given nor read; a run that needs more stays on the server."""

VERSION = 2
AUDIENCE = "neural-playground/session"
_PURPOSE = "resume"

_WRITTEN = re.compile(r"([0-9]{1,9})\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+")
_FRONT = f"{VERSION}."
_HEADER_BYTES = struct.Struct("<H")
_MOST_RUN_BYTES = (MAX_CHARACTERS - len(_FRONT) - SIGNATURE_CHARACTERS) * 3 // 4 - _HEADER_BYTES.size - 600
"""A header has less than 600 bytes."""


class Claims(BaseModel):
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
        speed: epochs per second that were asked for; null for full speed.
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

    def __init__(self, code: ResumeRefusal, **values: Value) -> None:
        """Keep the code, which is the key of the sentence as well, and what goes into it."""
        self.code: ResumeRefusal = code
        self.told = localized(code, **values)
        super().__init__(self.told["message"])


@dataclass(frozen=True, slots=True)
class ResumeToken:
    """A token that is genuine: what it says, and its run, if it holds one, not yet read."""

    claim: Claims
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


def seal(keys: Signing, claim: Claims, run: Run | None, described: bytes | None = None) -> tuple[str, bool]:
    """Return a token, and whether it holds the run: one that would be too long does not.

    Args:
        keys: the first of which signs.
        claim: what the token says.
        run: that it holds.
        described: what the engine has said of the run's experiment, if that is known.
    """
    checkpoint = b"" if run is None or minimum_size(run) > _MOST_RUN_BYTES else to_bytes(run, described)
    if len(checkpoint) > _MOST_RUN_BYTES:
        checkpoint = b""
    header = claim.model_dump_json().encode()
    content = base64.urlsafe_b64encode(_HEADER_BYTES.pack(len(header)) + header + checkpoint).rstrip(b"=")
    return keys.sign(_PURPOSE, _FRONT.encode() + content).decode(), bool(checkpoint)


def unseal(keys: Signing, token: str) -> ResumeToken:
    """Return what a token says, whatever its age.

    Args:
        keys: with one of which it must be signed.
        token: as `seal` gave it, or a server that wrote version 1.

    Raises:
        RefusedToken: it is not genuine, or not for this.
    """
    if len(token) > MAX_CHARACTERS:
        raise RefusedToken("resume-too-long", length=len(token), most=MAX_CHARACTERS)
    header, checkpoint = _read(keys, token)
    try:
        claim = Claims.model_validate_json(header)
    except ValidationError:
        raise RefusedToken("resume-malformed") from None
    if claim.aud != AUDIENCE:
        raise RefusedToken("resume-audience")
    return ResumeToken(claim, checkpoint or None)


def _read(keys: Signing, token: str) -> tuple[str | bytes, bytes]:
    """Return the header and the run of a token.

    Raises:
        RefusedToken: it is not genuine.
    """
    former = read_former(keys, token)
    if former is not None:
        return former
    written = _WRITTEN.fullmatch(token)
    if written is None:
        raise RefusedToken("resume-malformed")
    if int(written[1]) != VERSION:
        raise RefusedToken("resume-version", version=int(written[1]), read=VERSION)
    signed = keys.unsign(_PURPOSE, token.encode())
    if signed is None:
        raise RefusedToken("resume-forged")
    content = signed.decode().removeprefix(_FRONT)
    data = base64.urlsafe_b64decode(content + "=" * (-len(content) % 4))
    (length,) = _HEADER_BYTES.unpack_from(data)
    start = _HEADER_BYTES.size
    return data[start : start + length], data[start + length :]
