"""Gate: with a join code, nothing but the way in is open to who has not given it."""

from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.sentences import Sentence
from server.answers import own_path, refuse
from server.passes import Passes

OPEN = frozenset({"GET /", "GET /healthz", "GET /readyz", "GET /ws", "POST /api/join"})
"""What everybody may ask for, by method and path; the page's files as well."""

GUARDED = frozenset({"GET /metrics"})
"""What asks for a token of its own."""

OPEN_FOLDER = "/static/"

ASKING = frozenset({"/ws"})
"""WebSockets that ask for a ticket themselves, as no header can be set for them. All others are refused."""


class Gate:
    """Refuses every request without a pass but those that are open, whatever routes there are."""

    def __init__(self, app: ASGIApp, passes: Passes) -> None:
        """Wrap an application."""
        self._app = app
        self._passes = passes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is open, what has a pass, and what nobody answers to."""
        if scope["type"] not in ("http", "websocket") or self._lets_in(scope):
            await self._app(scope, receive, send)
            return
        await refuse(
            scope,
            send,
            401,
            Sentence("join-first"),
            {"WWW-Authenticate": "Bearer"},
        )

    def _lets_in(self, scope: Scope) -> bool:
        path = own_path(scope)
        if scope["type"] == "websocket":
            return path in ASKING
        if f"{scope['method']} {path}" in OPEN | GUARDED or path.startswith(OPEN_FOLDER):
            return True
        kind, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._passes.knows(given.strip()):
            return True
        # Where there is nothing, there is nothing to guard: a wrong address gets its page.
        return all(route.matches(scope)[0] is Match.NONE for route in scope["app"].routes)
