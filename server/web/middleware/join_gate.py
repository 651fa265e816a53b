"""The join gate: with a join code, routes need the join cookie, but for those that lead to it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from engine.user_messages import UserMessage
from server.security.join_cookie import JoinCookies
from server.web.middleware.refusals import is_taken, own_path, refuse

OPEN = frozenset(
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

GUARDED = frozenset({"GET /metrics"})
"""What asks for a token of its own."""

OPEN_FOLDER = "/static/"

ASKING = frozenset({"/ws"})
"""WebSockets that look for the cookie themselves, so that the page learns why. All others are refused."""


class JoinGate:
    """Refuses every request without the cookie but those that are open, whatever routes there are."""

    def __init__(self, app: ASGIApp, joining: JoinCookies) -> None:
        """Wrap an application."""
        self._app = app
        self._joining = joining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is open, what has the cookie, and what nobody answers to."""
        if scope["type"] not in ("http", "websocket") or self._lets_in(scope):
            await self._app(scope, receive, send)
            return
        await refuse(
            scope,
            send,
            401,
            UserMessage("join-first"),
            {"WWW-Authenticate": "Cookie"},
        )

    def _lets_in(self, scope: Scope) -> bool:
        path = own_path(scope)
        if scope["type"] == "websocket":
            return path in ASKING
        if f"{scope['method']} {path}" in OPEN | GUARDED or path.startswith(OPEN_FOLDER):
            return True
        if self._joining.identity(scope) is not None:
            return True
        # Where there is nothing, there is nothing to guard: a wrong address gets its page, a wrong method its 405.
        return not is_taken(scope)
