"""From a command to a page: what `finesift review` serves and prints."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from finesift.errors import UsageError
from finesift.report.places import shown
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


def without_page(run: Run, lot: str, *, out: Path | None, back: Path | None) -> dict[str, Any]:
    """Decisions in from a file, out to one, and what follows from all of them."""
    from finesift.review import exchange
    from finesift.review.desk import Desk

    desk = Desk(run, "", lot=lot)
    done: dict[str, Any] = {}
    if back:
        new, known = exchange.load(desk, back)
        done["imported"] = {"new": new, "known": known}
    if out:
        done["exported"] = exchange.export(desk, out, lot)
    return done | {"figures": desk.figures()}


def told(found: dict[str, Any]) -> RenderableType:
    """What `without_page` gives, for the terminal."""
    parts: list[RenderableType] = []
    if "imported" in found:
        parts.append(Text("{new:,} decisions were added, {known:,} were there".format(**found["imported"])))
    if "exported" in found:
        parts.append(Text(f"{found['exported']:,} rows were written"))
    figures = found["figures"]
    parts.append(
        Text(f"{figures['decided']:,} rows decided, {figures['wrong']:,} of them wrong", style="bold")
    )
    parts += [Text(shown(lot["said"])) for lot in figures["lots"]]
    if figures["errors"]:
        parts.append(_table("wrong, of rows drawn from all", figures["errors"], "name", "wrong"))
    if figures["checks"]:
        parts.append(_table("how often a check was right", figures["checks"], "check", "right"))
    for pair in figures["agreement"]["pairs"]:
        kappa = "not defined" if pair["kappa"] is None else f"{pair['kappa']:.2f}"
        people = shown(" and ".join(pair["people"]))
        parts.append(Text(f"{people}: {pair['same']} of {pair['rows']} the same, Cohen's kappa {kappa}"))
    for one in figures["agreement"]["oneself"]:
        parts.append(
            Text(f"{shown(one['person'])} said the same twice of {one['same']} of {one['rows']} rows")
        )
    return Group(*parts)


def _table(head: str, rows: list[dict[str, Any]], name: str, count: str) -> Table:
    table = Table(
        head, count, "read", "share", "95 %", "limit that would follow", box=None, header_style="dim"
    )
    for row in rows:
        low, high = row["interval"]
        interval = f"{100 * low:.1f} to {100 * high:.1f} %"
        cells = (
            str(row[count]),
            str(row["read"]),
            f"{100 * row['share']:.1f} %",
            interval,
            row.get("proposal") or "",
        )
        table.add_row(shown(row[name]), *cells)
    return table


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
