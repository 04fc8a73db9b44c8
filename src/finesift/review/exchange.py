"""Decisions to and from the tools that teams have: a table, Argilla, Label Studio.

labels.csv          id, outcome, why, by, source, row, text
argilla.jsonl       records of a feedback data set: fields prompt and answer, question `outcome`, id in `external_id`
label-studio.json   tasks with a choice `outcome`, ids in data.id

Out go the rows of an order, decided or not; back come decisions, which are appended to the journal as the words of
whoever said them. What came in before comes in once. Sealed rows never go out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from finesift.errors import InputError, UsageError
from finesift.recipe import nearest
from finesift.review.desk import Desk
from finesift.review.journal import Journal, judgements

#: What labellers call the outcomes.
OUTCOMES = {"keep": "keep", "set aside": "set_aside", "set_aside": "set_aside", "review": "review"}
COLUMNS = ("id", "outcome", "why", "by", "source", "row", "text")
# A cell that begins so is a formula to a spreadsheet; the sign before it keeps it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_STEP = 1000


def export(desk: Desk, path: Path, lot: str) -> int:
    """Writes the rows of an order with what was said of them; returns how many. The name says the form."""
    write = _form(path, {"csv": _csv, "argilla.jsonl": _argilla, "label-studio.json": _label_studio})
    rows = [*_rows(desk, lot)]
    path.write_bytes(write(rows))
    return len(rows)


def load(desk: Desk, path: Path) -> tuple[int, int]:
    """Appends the decisions in a file to the journal. Returns how many are new, and how many were there already.

    Raises InputError where the file is not what its ending says, or names a row or an outcome that there is not: then
    nothing is written.
    """
    read = _form(
        path, {"csv": _from_csv, "argilla.jsonl": _from_argilla, "label-studio.json": _from_label_studio}
    )
    try:
        said = [*read(path.read_bytes())]
    except OSError as e:
        raise InputError(f"{path}: cannot be read ({e.strerror}).") from e
    except (orjson.JSONDecodeError, UnicodeDecodeError, csv.Error, AttributeError, TypeError, KeyError) as e:
        raise InputError(f"{path}: is not what {path.name} says it is ({e!r}).") from e
    known = set(desk.order.rows.filter(pl.col("id").is_in([one["id"] for one in said]))["id"])
    for number, one in enumerate(said, 1):
        if one["id"] not in known:
            raise InputError(
                f"{path}: decision {number} is about {one['id']!r}, which is no open row of this run."
            )
        if one["outcome"] not in OUTCOMES:
            raise InputError(
                f"{path}: decision {number} says {one['outcome']!r}.",
                hint=nearest(str(one["outcome"]), OUTCOMES),
            )
    return _append(desk.journal, said)


def _append(journal: Journal, said: list[dict[str, Any]]) -> tuple[int, int]:
    there = {(row["id"], row["by"]): (row["outcome"], row["why"]) for row in judgements(journal).to_dicts()}
    new = 0
    for one in said:
        outcome, by, why = OUTCOMES[one["outcome"]], one["by"] or "imported", one["why"] or None
        if there.get((one["id"], by)) == (outcome, why):
            continue
        name = f"{len(journal.entries)}\x1f{one['id']}\x1f{by}\x1f{outcome}\x1f{why}"
        key = f"import-{sha256(name.encode()).hexdigest()[:32]}"
        journal.append(
            key=key, act="decide", by=by, id=one["id"], outcome=outcome, why=why, version=one["id"]
        )
        there[one["id"], by] = (outcome, why)
        new += 1
    return new, len(said) - new


def _form(path: Path, forms: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
    for ending, form in forms.items():
        if path.name.endswith(ending):
            return form
    raise UsageError(f"{path.name}: the name says the form.", hint=f"It ends in one of: {', '.join(forms)}.")


def _rows(desk: Desk, lot: str) -> Iterator[dict[str, Any]]:
    said: dict[str, dict[str, Any]] = {row["id"]: row for row in judgements(desk.journal).to_dicts()}
    places = desk.order.of(lot).tolist()
    for start in range(0, len(places), _STEP):
        about = desk.order.rows[places[start : start + _STEP]]
        texts = desk.rows.conversations(about["example"])
        for row in about.iter_rows(named=True):
            word = said.get(row["id"], {})
            messages, line = texts.get(row["example"], ([], None))
            yield {
                "id": row["id"],
                "source": row["source"],
                "row": line,
                "messages": messages,
                **{name: word.get(name) for name in ("outcome", "why", "by")},
            }


def _prompt(messages: list[dict[str, str]]) -> tuple[str, str]:
    """All but the last message as one text, and the last."""
    before = "\n\n".join(f"{one['role']}: {one['content']}" for one in messages[:-1])
    return before, messages[-1]["content"] if messages else ""


def _csv(rows: Iterable[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for row in rows:
        text = "\n\n".join(f"{one['role']}: {one['content']}" for one in row["messages"])
        cells = [row[name] if name != "text" else text for name in COLUMNS]
        table.writerow([f"'{cell}" if str(cell).startswith(_FORMULA) else cell for cell in cells])
    return out.getvalue().encode()


def _from_csv(content: bytes) -> Iterator[dict[str, Any]]:
    for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"))):
        if row["outcome"].strip():
            said = {name: _plain((row.get(name) or "").strip()) for name in ("id", "why", "by")}
            yield said | {"outcome": row["outcome"].strip().lower()}


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _argilla(rows: Iterable[dict[str, Any]]) -> bytes:
    lines = []
    for row in rows:
        prompt, answer = _prompt(row["messages"])
        responses = []
        if row["outcome"]:
            values = {"outcome": {"value": row["outcome"]}} | (
                {"why": {"value": row["why"]}} if row["why"] else {}
            )
            responses = [{"user_id": row["by"], "status": "submitted", "values": values}]
        lines.append(
            {
                "external_id": row["id"],
                "fields": {"prompt": prompt, "answer": answer},
                "metadata": {"source": row["source"], "row": row["row"]},
                "responses": responses,
            }
        )
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def _from_argilla(content: bytes) -> Iterator[dict[str, Any]]:
    for line in content.splitlines():
        record = orjson.loads(line)
        for response in record.get("responses") or ():
            if response.get("status", "submitted") == "submitted":
                values = response["values"]
                why = (values.get("why") or {}).get("value")
                by = str(response.get("user_id") or "")
                yield {
                    "id": record["external_id"],
                    "outcome": values["outcome"]["value"],
                    "why": why,
                    "by": by,
                }


def _label_studio(rows: Iterable[dict[str, Any]]) -> bytes:
    tasks = []
    for row in rows:
        prompt, answer = _prompt(row["messages"])
        data = {
            "id": row["id"],
            "prompt": prompt,
            "answer": answer,
            "source": row["source"],
            "row": row["row"],
        }
        results = _choice(row["outcome"]) + _comment(row["why"]) if row["outcome"] else []
        annotated = [{"completed_by": {"email": row["by"]}, "result": results}] if results else []
        tasks.append({"data": data, "annotations": annotated})
    return orjson.dumps(tasks)


def _choice(outcome: str) -> list[dict[str, Any]]:
    return [{"from_name": "outcome", "to_name": "answer", "type": "choices", "value": {"choices": [outcome]}}]


def _comment(why: str | None) -> list[dict[str, Any]]:
    return (
        [{"from_name": "why", "to_name": "answer", "type": "textarea", "value": {"text": [why]}}]
        if why
        else []
    )


def _from_label_studio(content: bytes) -> Iterator[dict[str, Any]]:
    for task in orjson.loads(content):
        for annotation in task.get("annotations") or ():
            if annotation.get("was_cancelled"):
                continue
            found = {one["from_name"]: one["value"] for one in annotation["result"]}
            if "outcome" not in found:
                continue
            who = annotation.get("completed_by")
            by = who.get("email") if isinstance(who, dict) else who
            why = " ".join(found.get("why", {}).get("text", []))
            outcome = found["outcome"]["choices"][0].lower()
            yield {"id": task["data"]["id"], "outcome": outcome, "why": why, "by": str(by or "")}
