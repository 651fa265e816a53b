"""Fair requests: each HTTP request waits for its turn and is charged for the event loop's time that it takes."""

import random
from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from engine.user_messages import UserMessage
from server.security.addresses import address_of
from server.security.join_cookie import JoinCookies
from server.security.token_bucket import jittered
from server.transport.connections import Place
from server.transport.loop_shares import LoopAccount, LoopShares
from server.web.middleware.refusals import own_path, refuse

UNQUEUED_PATHS = frozenset({"/healthz", "/readyz"})
"""Paths of health checks, which are answered at once as they cost almost nothing."""


class FairRequests:
    """Queues requests by the event loop's time that their senders have used."""

    def __init__(self, app: ASGIApp, shares: LoopShares) -> None:
        """Wrap an application."""
        self._app = app
        self._shares = shares

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request when it is due; WebSockets take turns with each message."""
        place: Place | None = scope.get("state", {}).get("place")
        if scope["type"] == "http" and own_path(scope) in UNQUEUED_PATHS:
            await self._app(scope, receive, send)
        elif place is not None and place.is_surplus:
            headers = {"Retry-After": str(jittered(0, random.random())), "Connection": "close"}
            await refuse(scope, send, 503, UserMessage("no-connection-free"), headers)
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            await self._shares.run(account_of(scope), partial(self._app, scope, receive, send))


def account_of(scope: Scope) -> LoopAccount:
    """Return the account that is charged for a request or a WebSocket: its connection, with its owner.

    The owner is the identity of the join cookie, or else the address, which at this point is the client's even behind a
    proxy.
    """
    join_cookies: JoinCookies | None = scope["app"].state.join_cookies
    identity = None if join_cookies is None else join_cookies.identity(scope)
    owner = address_of(scope.get("client")) if identity is None else identity
    account: LoopAccount = scope.get("state", {}).get("account") or LoopAccount(owner)
    account.owner = owner
    return account
