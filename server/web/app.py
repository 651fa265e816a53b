"""The application: settings, scheduler, middleware and routes put together."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.user_messages import LocalizedError, UserMessage
from server import __version__
from server.compute import Unavailable, open_compute
from server.i18n import ENGLISH, Languages, load
from server.lifecycle.readiness import Readiness
from server.lifecycle.shutdown import Drain
from server.security.join_codes import check_code, draw_code, weakness
from server.security.join_cookie import JoinCookies
from server.security.signing_keys import load_keys
from server.sessions.manager import SessionManager
from server.settings import Settings
from server.telemetry.loop_lag import LoopMonitor
from server.telemetry.metrics import Metrics, MetricsMiddleware
from server.transport.loop_shares import LoopShares
from server.web.assets import files
from server.web.middleware.fair_requests import FairRequests
from server.web.middleware.head_requests import HeadAsGet
from server.web.middleware.hosts_and_origins import (
    LONG_BODIES,
    HostCheck,
    LengthCheck,
    OriginCheck,
    SizeCheck,
    known_hosts,
)
from server.web.middleware.join_gate import JoinGate
from server.web.middleware.refusal_log import RefusalLog
from server.web.middleware.refusals import wants_page
from server.web.middleware.root_path import RootPath
from server.web.middleware.security_headers import Protections, SecurityHeaders
from server.web.request_body import RefusedError
from server.web.routes import api, export, health, join, pages, saved_files, tf_playground, websocket

log = logging.getLogger(__name__)


def _prepare(languages: Languages, join: bool) -> None:
    files.prepare()
    pages.prepare(languages, join=join)


_LONGEST_BODY = max(LONG_BODIES.values())
"""Bodies without a length are read up to here by the middleware, and up to a limit of its own by each route."""


def create_app(settings: Settings) -> FastAPI:
    """Build the application; its engine processes start and end with it.

    Raises:
        ValueError: a signing key or the join code is not valid.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        compute = open_compute(
            settings.compute,
            workers=settings.workers,
            memory=settings.worker_memory << 20,
            longest=settings.slice_seconds,
        )
        compute.observe = metrics.computed
        sessions = SessionManager(
            settings,
            compute,
            app.state.keys,
            app.state.languages,
            metrics,
            page_revision=files.revision(),
        )
        app.state.compute = compute
        app.state.sessions = sessions

        def observe(lag: float) -> None:
            metrics.observe(
                sessions=len(sessions),
                oldest_frame=sessions.oldest_frame_age(),
                lag=lag,
                engine_restarts=compute.stats.rebuilds,
                deadlines=compute.stats.deadlines,
            )

        drain.bind(sessions, compute)
        app.state.readiness = Readiness(
            compute.probe, has_capacity=lambda: sessions.has_capacity, is_draining=lambda: drain.has_begun
        )
        preparing = asyncio.create_task(
            asyncio.to_thread(_prepare, app.state.languages, app.state.join_cookies is not None)
        )
        try:
            try:
                await compute.start()
            except Unavailable as error:
                app.state.unavailable = error
                raise
            sessions.start()
            loop_monitor.start(observe)
            yield
        finally:
            await loop_monitor.close()
            await preparing
            await sessions.close()
            await compute.close()

    protections = Protections(
        settings.allowed_embedders, files.hash_of(files.SHEET), files.hash_of(files.BOOT)
    )
    metrics = Metrics()
    loop_monitor = LoopMonitor()
    drain = Drain()
    app = FastAPI(
        title="Neural Playground", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.settings = settings
    app.state.unavailable = None
    app.state.metrics = metrics
    app.state.loop_monitor = loop_monitor
    app.state.shares = LoopShares()
    app.state.drain = drain
    app.state.languages = load(*filter(None, [settings.languages]))
    app.state.keys = load_keys(settings.token_keys, settings.state_folder)
    app.state.join_cookies = None
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=_LONGEST_BODY)
    if settings.join_code is not None:
        code = check_code(settings.join_code or draw_code(app.state.keys, date.today()))
        warning = weakness(code)
        if warning is not None:
            log.warning(warning)
        app.state.join_cookies = JoinCookies(
            app.state.keys,
            code,
            embedded=bool(settings.allowed_embedders),
            wall_clock=time.time,
            clock=time.monotonic,
        )
        app.add_middleware(JoinGate, join_cookies=app.state.join_cookies)
    refusal_log = RefusalLog(app.state.languages[ENGLISH].translate)
    app.state.refusal_log = refusal_log
    app.add_middleware(OriginCheck, allowed=settings.allowed_origins, refusal_log=refusal_log)
    app.add_middleware(SizeCheck)
    known = known_hosts((settings.host, *settings.allowed_hosts))
    app.add_middleware(HostCheck, known=known, refusal_log=refusal_log)
    app.add_middleware(FairRequests, shares=app.state.shares)
    app.add_middleware(LengthCheck)
    app.add_middleware(RootPath, root_path=settings.root_path)
    app.add_middleware(SecurityHeaders, protections=protections)
    app.add_middleware(MetricsMiddleware, metrics=metrics)
    app.add_middleware(HeadAsGet)
    app.add_middleware(StartFailure)
    app.include_router(pages.router)
    app.include_router(api.router)
    app.include_router(export.router)
    app.include_router(tf_playground.router)
    app.include_router(saved_files.router)
    app.include_router(join.router)
    app.include_router(health.router)
    app.include_router(websocket.router)
    app.include_router(files.router)

    @app.exception_handler(HTTPException)
    async def refuse(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404 and wants_page(request.scope):
            return pages.not_found(request)
        standard = HTTPStatus(error.status_code).phrase
        known = _SENTENCES.get(error.status_code)
        if known is None or error.detail not in (standard, "Content Too Large"):
            return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
        headers = {"Allow": _allowed_methods(request.scope)} if error.status_code == 405 else error.headers
        return RefusedError(error.status_code, known).response(request, headers)

    @app.exception_handler(RefusedError)
    async def respond(request: Request, refused: RefusedError) -> Response:
        return refused.response(request)

    @app.exception_handler(LocalizedError)
    async def explain(request: Request, error: LocalizedError) -> Response:
        return RefusedError(422, error.user_message, error.field or None).response(request)

    @app.exception_handler(ClientDisconnect)
    async def ignore_disconnect(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # never received: the client disconnected before its body was read

    @app.exception_handler(Exception)
    async def fail(request: Request, error: Exception) -> Response:
        # Sent from outside of all middleware, so the security headers are added here.
        headers = protections.headers(request.headers.get("host"))
        return RefusedError(500, UserMessage("server-failed")).response(request, headers)

    return app


class StartFailure:
    """Replaces the traceback of a failed start by a sentence with the reason, if there is one."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on every scope; replaces the message of a failed startup."""

        async def send_sentence(message: Message) -> None:
            reason = scope["app"].state.unavailable
            if message["type"] == "lifespan.startup.failed" and reason is not None:
                message = {**message, "message": str(reason)}
            await send(message)

        await self._app(scope, receive, send_sentence if scope["type"] == "lifespan" else send)


def _allowed_methods(scope: Scope) -> str:
    """Return the methods of all routes with the path of a request; Starlette returns those of the first route only."""
    routes = scope["app"].routes
    return ", ".join(
        method
        for method in ("DELETE", "GET", "PATCH", "POST", "PUT")
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    )


_SENTENCES = {
    404: UserMessage("nothing-here"),
    405: UserMessage("no-such-method"),
    413: UserMessage("body-too-long", {"most": _LONGEST_BODY}),
}
