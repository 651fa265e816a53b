"""The join gate: with a join code, all routes need the join cookie but those that the page needs to get it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from engine.user_messages import UserMessage
from server.security.join_cookie import JoinCookies
from server.web.middleware.refusals import has_route, own_path, refuse

PUBLIC_ROUTES = frozenset(
    {
        "GET /",
        "GET /healthz",
        "GET /readyz",
        "GET /ws",
        "GET /api/join",
        "POST /api/join",
        "POST /api/tickets",
    }
)
"""Routes without the cookie, by method and path; the files below `PUBLIC_FOLDER` as well."""

TOKEN_ROUTES = frozenset({"GET /metrics"})
"""Routes that check a token themselves."""

PUBLIC_FOLDER = "/static/"

PUBLIC_WEBSOCKETS = frozenset({"/ws"})
"""WebSockets that check the cookie themselves, so that the page learns the reason. All others are refused."""


class JoinGate:
    """Refuses every request without the cookie, except to public routes."""

    def __init__(self, app: ASGIApp, join_cookies: JoinCookies) -> None:
        """Wrap an application."""
        self._app = app
        self._join_cookies = join_cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on requests that are public, have the cookie, or match no route."""
        if scope["type"] not in ("http", "websocket") or self._is_allowed(scope):
            await self._app(scope, receive, send)
            return
        await refuse(
            scope,
            send,
            401,
            UserMessage("join-first"),
            {"WWW-Authenticate": "Cookie"},
        )

    def _is_allowed(self, scope: Scope) -> bool:
        path = own_path(scope)
        if scope["type"] == "websocket":
            return path in PUBLIC_WEBSOCKETS
        if f"{scope['method']} {path}" in PUBLIC_ROUTES | TOKEN_ROUTES or path.startswith(PUBLIC_FOLDER):
            return True
        if self._join_cookies.identity(scope) is not None:
            return True
        # Without a route there is nothing to protect: the answer is the usual 404 or 405.
        return not has_route(scope)
