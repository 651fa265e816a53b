"""Immutable content, compressed once and sent as gzip to clients that accept it."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Precompressed:
    """Content, plain and compressed.

    Attributes:
        plain: uncompressed.
        gzipped: compressed by gzip; empty if that is not shorter.
        media_type: value of the ``Content-Type`` header.
        etag: value of the ``ETag`` header, which depends on the content only.
    """

    plain: bytes
    gzipped: bytes
    media_type: str
    etag: str


def precompress(content: bytes, media_type: str) -> Precompressed:
    """Compress content at the highest level; equal content gives equal bytes."""
    gzipped = gzip.compress(content, compresslevel=9, mtime=0)
    digest = hashlib.sha256(content).hexdigest()[:20]
    # A weak tag, as the plain and the compressed form share it.
    return Precompressed(
        content, gzipped if len(gzipped) < len(content) else b"", media_type, f'W/"{digest}"'
    )


def accepts_gzip(accepted: str) -> bool:
    """Return whether an ``Accept-Encoding`` header allows gzip."""
    for entry in accepted.lower().split(","):
        coding, _, parameters = entry.partition(";")
        if coding.strip() in ("gzip", "*"):
            _, _, quality = parameters.partition("=")
            return quality.strip() not in ("0", "0.0", "0.00", "0.000")
    return False


def respond(request: Request, content: Precompressed, headers: Mapping[str, str]) -> Response:
    """Return a response with the content, compressed if the client accepts gzip; 304 if the client has it already."""
    varies = ", ".join(filter(None, [headers.get("Vary"), "Accept-Encoding"]))
    headers = {**headers, "Vary": varies, "ETag": content.etag}
    if content.etag in (tag.strip() for tag in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    if content.gzipped and accepts_gzip(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
        return Response(content.gzipped, headers=headers, media_type=content.media_type)
    return Response(content.plain, headers=headers, media_type=content.media_type)
