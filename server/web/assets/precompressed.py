"""Content that never changes, compressed once and sent as gzip to clients that accept it."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Precompressed:
    """A content in both of its forms.

    Attributes:
        plain: as it is.
        gzipped: compressed by gzip; empty where that would gain nothing.
        media_type: what it is, as the header says it.
        tag: a name that changes with the content, as the ``ETag`` header writes it.
    """

    plain: bytes
    gzipped: bytes
    media_type: str
    tag: str


def precompress(content: bytes, media_type: str) -> Precompressed:
    """Compress a content as well as gzip can; equal contents give equal bytes."""
    gzipped = gzip.compress(content, compresslevel=9, mtime=0)
    digest = hashlib.sha256(content).hexdigest()[:20]
    # Weak, as both forms share it.
    return Precompressed(
        content, gzipped if len(gzipped) < len(content) else b"", media_type, f'W/"{digest}"'
    )


def accepts_gzip(accepted: str) -> bool:
    """Tell whether an ``Accept-Encoding`` header allows gzip."""
    for entry in accepted.lower().split(","):
        coding, _, parameters = entry.partition(";")
        if coding.strip() in ("gzip", "*"):
            _, _, quality = parameters.partition("=")
            return quality.strip() not in ("0", "0.0", "0.00", "0.000")
    return False


def respond(request: Request, asset_: Precompressed, headers: Mapping[str, str]) -> Response:
    """Answer with a content: not at all if the browser has it already, compressed if it reads that."""
    varies = ", ".join(filter(None, [headers.get("Vary"), "Accept-Encoding"]))
    headers = {**headers, "Vary": varies, "ETag": asset_.tag}
    if asset_.tag in (tag.strip() for tag in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    if asset_.gzipped and accepts_gzip(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
        return Response(asset_.gzipped, headers=headers, media_type=asset_.media_type)
    return Response(asset_.plain, headers=headers, media_type=asset_.media_type)
