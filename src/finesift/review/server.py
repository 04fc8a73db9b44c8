"""The page on loopback. Everything lies below a token that the address holds; without it nothing is served.

Rows are somebody else's text: the page puts them in as text, never as markup, and its content policy lets nothing run
but its own script, and nothing be asked for but this server. Other sites that a browser shows reach nothing: a request
must name this host, and come from this page.
"""

from __future__ import annotations

import secrets
import socket
from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from finesift.errors import FinesiftError, UsageError
from finesift.review.desk import Desk, Taken
from finesift.review.journal import Entry
from finesift.review.kinds import Rule

HOST = "127.0.0.1"
# Of a request; a row's text may be long.
LARGEST = 8 << 20
MOST_ROWS = 20

Short = Annotated[str, Field(max_length=200)]


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Deal(Asked):
    tab: Short
    lot: Short
    count: int = Field(ge=1, le=MOST_ROWS)
    held: list[Short] = Field([], max_length=200)


class Edit(Asked):
    turn: int = Field(ge=0)
    content: str
    id: Short | None = None


class Said(Asked):
    """What every decision says."""

    key: Short = Field(min_length=8)
    outcome: Short
    version: Short
    why: str | None = Field(None, max_length=2000)
    seconds: float = Field(0, ge=0, le=86_400)
    lot: Short
    showing: int = Field(0, ge=0, le=1)


class Decision(Said):
    id: Short
    also: list[Short] = Field([], max_length=100_000)
    edits: list[Edit] = Field([], max_length=100_000)


class Kind(Asked):
    id: Short
    name: Short | None = None
    text: str = Field("", max_length=2000)
    replacement: str | None = Field(None, max_length=2000)

    @property
    def rule(self) -> Rule | None:
        return None if self.name is None else Rule(self.name, self.text, self.replacement)


class KindDecision(Said):
    rule: Kind
    seen: int


class Undo(Asked):
    key: Short = Field(min_length=8)
    number: int | None = None
    undoes_key: Short | None = None


class Tab(Asked):
    tab: Short


def page() -> tuple[str, str]:
    """The page, and the content policy that it is served with."""
    style, script = _asset("page.css"), _asset("page.js")
    markup = _asset("page.html").replace("/*style*/", style).replace("/*script*/", script)
    policy = (
        f"default-src 'none'; script-src 'sha256-{_hash(script)}'; style-src 'sha256-{_hash(style)}'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return markup, policy


def app(desk: Desk, token: str, port: int) -> FastAPI:
    """What is served. port: which requests must name."""
    served = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    markup, policy = page()
    base = f"/{token}"

    @served.middleware("http")
    async def guard(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        answer = _refused(request, token, port) or await call(request)
        answer.headers["Content-Security-Policy"] = policy
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return answer

    @served.exception_handler(FinesiftError)
    async def told(_: Request, error: FinesiftError) -> JSONResponse:
        taken = isinstance(error, Taken)
        status = 409 if taken else 400 if isinstance(error, UsageError) else 507
        return JSONResponse({"error": error.args[0], "hint": error.hint, "taken": taken}, status)

    @served.get(f"{base}/")
    def index() -> HTMLResponse:
        return HTMLResponse(markup)

    @served.get(f"{base}/state")
    def state(lot: Short | None = None) -> dict[str, Any]:
        return desk.state(lot or desk.lot)

    @served.post(f"{base}/deal")
    def deal(asked: Deal) -> list[dict[str, Any]]:
        return desk.deal(asked.tab, asked.lot, asked.count, asked.held)

    @served.get(f"{base}/row")
    def row(id: Short, lot: Short) -> dict[str, Any]:
        return desk.one(id, lot)

    @served.get(f"{base}/raw")
    def raw(id: Short) -> dict[str, str]:
        return {"text": desk.raw(id)}

    @served.get(f"{base}/rendered")
    def rendered(id: Short) -> list[dict[str, Any]]:
        return desk.rendered(id)

    @served.get(f"{base}/figures")
    def figures() -> dict[str, Any]:
        return desk.figures()

    @served.post(f"{base}/decide")
    def decide(said: Decision) -> dict[str, Any]:
        return _acknowledged(
            desk,
            desk.decide(
                id_=said.id,
                version_seen=said.version,
                edits=[edit.model_dump(exclude_none=True) for edit in said.edits],
                **said.model_dump(include={"key", "outcome", "why", "seconds", "lot", "showing", "also"}),
            ),
            said.lot,
        )

    @served.post(f"{base}/kind")
    def kind(asked: Kind) -> dict[str, Any]:
        return desk.kind(asked.id, asked.rule)

    @served.post(f"{base}/decide-kind")
    def decide_kind(said: KindDecision) -> dict[str, Any]:
        if said.rule.rule is None:
            raise UsageError("no rule was named.")
        chosen = said.model_dump(include={"key", "outcome", "why", "seconds", "lot", "showing", "seen"})
        entry = desk.decide_kind(id_=said.rule.id, rule=said.rule.rule, version_seen=said.version, **chosen)
        return _acknowledged(desk, entry, said.lot)

    @served.post(f"{base}/undo")
    def undo(said: Undo) -> dict[str, Any]:
        return _acknowledged(desk, desk.undo(**said.model_dump()), desk.lot)

    @served.post(f"{base}/release")
    def release(said: Tab) -> dict[str, Any]:
        desk.release(said.tab)
        return {}

    return served


def _acknowledged(desk: Desk, entry: Entry, lot: str) -> dict[str, Any]:
    return {"number": entry.number, "key": entry.key, "id": entry.id, "left": desk.left(lot)}


def _refused(request: Request, token: str, port: int) -> Response | None:
    hosts = {f"{HOST}:{port}", f"localhost:{port}"}
    named = request.url.path.partition("/")[2].partition("/")[0]
    host, origin = request.headers.get("host", ""), request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "none")
    if not secrets.compare_digest(named.encode(), token.encode()) or host not in hosts:
        return Response("not found", 404, media_type="text/plain")
    if (origin is not None and origin != f"http://{host}") or site not in ("none", "same-origin"):
        return Response("not from this page", 403, media_type="text/plain")
    if request.method == "POST":
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            return Response("too large", 413, media_type="text/plain")
        if not request.headers.get("content-type", "").startswith("application/json"):
            return Response("not JSON", 415, media_type="text/plain")
    return None


def listen(port: int) -> socket.socket:
    """A socket on loopback; port 0: any that is free. Raises UsageError where the port is taken."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
        sock.listen()  # from now on who comes waits, and is not refused
    except OSError as e:
        sock.close()
        raise UsageError(
            f"port {port} cannot be used ({e.strerror}).", hint="Choose another with --port."
        ) from e
    return sock


def serve(desk: Desk, token: str, sock: socket.socket) -> None:
    """Serves until somebody stops it."""
    import uvicorn

    served = app(desk, token, sock.getsockname()[1])
    settings = uvicorn.Config(
        served, log_level="warning", access_log=False, server_header=False, lifespan="off"
    )
    uvicorn.Server(settings).run(sockets=[sock])


def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
