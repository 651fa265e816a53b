"""The root path: requests that a proxy passes on with a path prefix such as ``/a/b/``."""

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class RootPath:
    """Sets the root path of requests below a prefix; requests without the prefix are passed on unchanged."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        """Wrap an application.

        Args:
            app: the application.
            root_path: the prefix, without a final slash; empty for none.
        """
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request or a WebSocket."""
        root = self._root_path
        if root and scope["type"] == "http" and scope["path"] == root:
            # The addresses in a page are relative to it, so it has to end with a slash.
            await RedirectResponse(f"{root}/")(scope, receive, send)
            return
        if root and scope["type"] in ("http", "websocket") and scope["path"].startswith(f"{root}/"):
            scope = {**scope, "root_path": root}
        await self._app(scope, receive, send)
