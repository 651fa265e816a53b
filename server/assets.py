"""Assets: where the page's files are, and under which addresses they are served."""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """Return the folder ``static`` or ``templates``: inside the package in a wheel, beside it in a checkout."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


@cache
def revision() -> str:
    """Return a name for the present contents of ``static``: another content, another address, so caches never lie."""
    digest = hashlib.sha256()
    root = folder("static")
    for path in sorted(root.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class CachedFiles(StaticFiles):
    """Files that never change under their address."""

    def __init__(self) -> None:
        """Serve the folder ``static``."""
        # Some Windows machines say text/plain, and then no module loads.
        mimetypes.add_type("text/javascript", ".js")
        mimetypes.add_type("image/svg+xml", ".svg")
        super().__init__(directory=folder("static"))

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Add the permission to cache for a year."""
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
