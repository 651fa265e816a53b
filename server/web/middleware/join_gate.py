"""The join gate: with a join code, routes need the join cookie, but for those that lead to it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from engine.sentences import Sentence
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
"""What everybody may ask for, by method and path; the page's files as well."""

TOKEN_ROUTES = frozenset({"GET /metrics"})
"""What asks for a token of its own."""

PUBLIC_FOLDER = "/static/"

PUBLIC_WEBSOCKETS = frozenset({"/ws"})
"""WebSockets that look for the cookie themselves, so that the page learns why. All others are refused."""


class JoinGate:
    """Refuses every request without the cookie but those that are open, whatever routes there are."""

    def __init__(self, app: ASGIApp, joining: JoinCookies) -> None:
        """Wrap an application."""
        self._app = app
        self._joining = joining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is open, what has the cookie, and what nobody answers to."""
        if scope["type"] not in ("http", "websocket") or self._is_allowed(scope):
            await self._app(scope, receive, send)
            return
        await refuse(
            scope,
            send,
            401,
            Sentence("join-first"),
            {"WWW-Authenticate": "Cookie"},
        )

    def _is_allowed(self, scope: Scope) -> bool:
        path = own_path(scope)
        if scope["type"] == "websocket":
            return path in PUBLIC_WEBSOCKETS
        if f"{scope['method']} {path}" in PUBLIC_ROUTES | TOKEN_ROUTES or path.startswith(PUBLIC_FOLDER):
            return True
        if self._joining.identity(scope) is not None:
            return True
        # Where there is nothing, there is nothing to guard: a wrong address gets its page, a wrong method its 405.
        return not has_route(scope)
