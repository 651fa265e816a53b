"""The application: settings, compute and routes put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server import __version__
from server.assets import CachedFiles, revision
from server.compute import Compute
from server.doors import MAX_BODY_BYTES, HostCheck, known_hosts
from server.keys import load_keys
from server.languages import load
from server.routes import api, classic, export, live, pages
from server.sessions import Sessions
from server.settings import Settings

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds to every response what browsers should refuse to do with it."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request; HTTP responses get the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def create_app(settings: Settings) -> FastAPI:
    """Build the application; its engine processes start and end with it.

    Raises:
        ValueError: a key to sign with is too short.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        compute = Compute(settings.workers)
        sessions = Sessions(settings, compute, app.state.keys, app.state.languages)
        app.state.compute = compute
        app.state.sessions = sessions
        try:
            await compute.start()
            sessions.start()
            yield
        finally:
            await sessions.close()
            await compute.close()

    app = FastAPI(
        title="Neural Playground", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.settings = settings
    app.state.languages = load(*filter(None, [settings.languages]))
    app.state.keys = load_keys(settings.token_keys, settings.state_folder)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES)
    app.add_middleware(HostCheck, known=known_hosts((settings.host, *settings.allowed_hosts)))
    app.add_middleware(SecurityHeaders)
    app.include_router(pages.router)
    app.include_router(api.router)
    app.include_router(export.router)
    app.include_router(classic.router)
    app.include_router(live.router)
    app.mount(f"/static/{revision()}", CachedFiles())

    @app.exception_handler(HTTPException)
    async def refuse(request: Request, error: HTTPException) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "*/*") or not request.url.path.startswith(
            "/api/"
        )
        if error.status_code == 404 and wants_page:
            return pages.not_found(request)
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)

    return app
