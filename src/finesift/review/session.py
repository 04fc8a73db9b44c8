"""From a command to a page: what `finesift review` serves and prints."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket

from rich.console import Group, RenderableType
from rich.text import Text

from finesift.errors import UsageError
from finesift.report.terminal import shown
from finesift.review import journal
from finesift.run import Run

# Of a person's name; it stands in every line of the journal.
LONGEST_NAME = 80


@contextmanager
def served(run: Run, person: str, *, lot: str, blind: bool, port: int) -> Iterator[str]:
    """The page's address; it is served after the block, until somebody stops it.

    Raises UsageError where the extra is missing, the port is taken or the lot is none.
    """
    try:
        from finesift.review import server
    except ImportError as e:
        raise UsageError(
            f"the page needs {e.name}, which is not installed.", hint="pip install 'finesift[review]'"
        ) from e
    from finesift.review.address import address, remember
    from finesift.review.desk import Desk

    if not person.strip() or len(person) > LONGEST_NAME or not person.isprintable():
        raise UsageError(f"--as {person!r} is no name.", hint=f"A name has 1 to {LONGEST_NAME} letters.")
    desk = Desk(run, person, lot=lot, blind=blind)
    token, last = address(run.path, person)
    sock, token = _socket(port, last, token)
    number = sock.getsockname()[1]
    remember(run.path, person, token, number)
    yield f"http://{server.HOST}:{number}/{token}/"
    sys.stdout.flush()
    server.serve(desk, token, sock)


def _socket(asked: int, last: int, token: str) -> tuple[socket, str]:
    """The port that was asked for, else the last one, else any; where another has the last one, under a new token."""
    from finesift.review.server import listen

    if asked or not last:
        return listen(asked), token
    try:
        return listen(last), token
    except UsageError:
        return listen(0), secrets.token_urlsafe(24)


def invitation(address: str, run: Run) -> RenderableType:
    decisions = journal.place_of(run.path, run.manifest["recipe"].get("policy", {}).get("decisions"))
    name = shown(str(run.path))
    return Group(
        Text(address, style="bold", no_wrap=True, overflow="ignore"),
        Text(
            "k keep, s set aside, j skip, u undo, e edit, n note, r next reason. Ctrl+C stops.", style="dim"
        ),
        Text("Each decision is on the disk before the next is asked for. To apply them:", style="dim"),
        Text(f"finesift decide {name} --decisions {shown(str(decisions))} -o {name}-reviewed"),
    )
