"""What the report quotes of rows: findings with their evidence, rows side by side, rows as the model reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from finesift.match.repeats import Cluster
from finesift.report.evidence import Evidence, Row
from finesift.report.places import place, shown
from finesift.report.shared import Spans, different_spans

AROUND = 170  # characters shown on each side of a span
LONGEST = 420  # characters shown of a span, a message or a name
LONGEST_MASK = 4_000  # characters shown of a rendered conversation
_BLEEP = "not quoted: the row holds a secret"

Pieces = list[tuple[str, bool]]


def example(
    one: dict[str, Any],
    row: Row | None,
    other: str | None,
    short: dict[str, str],
    spans: Callable[[str, str], tuple[Spans, Spans]],
) -> dict[str, Any]:
    """A finding with its evidence; `row` is None where it must not be quoted."""
    if row is None:
        # What kind of secret it is, not how it begins.
        message = one["message"].partition(":")[0] if one["check"] == "secrets" else _BLEEP
        return {"id": None, "score": one["score"], "message": cut(message), "texts": [], "outcome": None}
    message = row.text(one["turn"]) if one["turn"] is not None else ""
    role = next((m["role"] for m in row.messages if m["turn"] == one["turn"]), None)
    if other and one["check"] != "exact_duplicate":
        mine = message or row.text(None)
        marked = spans(mine, other)
        texts: list[dict[str, Any]] = [
            {"of": row.id, "pieces": pieces(mine, marked[0])},
            {"of": cut(one["other"]), "pieces": pieces(other, marked[1])},
        ]
    elif one["start"] is not None and message:
        texts = [{"of": role, "pieces": _around(message, one["start"], one["end"])}]
    else:
        # What is wrong with a message that is empty is what stands before it.
        said = [m for m in row.messages if one["turn"] is None or m["turn"] <= one["turn"]]
        chosen = said[-1:] if message.strip() else said[-2:]
        if one["turn"] is None and len(said) > 1:
            chosen = [next((m for m in said if m["role"] == "user"), said[0]), said[-1]]
        texts = [{"of": m["role"], "pieces": _without_empty([(cut(_said(m)), False)])} for m in chosen]
    return {
        "id": row.id,
        "place": place(f"{row.source}:{row.row}", short),
        "fate": row.fate,
        "outcome": row.outcome,
        "score": one["score"],
        "message": cut(one["message"]),
        "texts": texts,
        "side_by_side": bool(other) and len(texts) == 2,
    }


def _said(message: Mapping[str, Any]) -> str:
    """What a message says and what it calls."""
    return "\n".join(text for text in (message["content"], message["tool_calls"]) if text)


def for_review(
    one: dict[str, Any],
    row: Row | None,
    other: str | None,
    short: dict[str, str],
) -> dict[str, Any]:
    """A row for review with what sent it there; its id stands there even where it must not be quoted."""
    told = example({"score": one["score"] or 0.0, **one}, row, other, short, different_spans)
    at = {
        "id": one["id_"],
        "check": one["check"] or "",
        "place": place(one["place"], short),
        "outcome": "review",
    }
    return told | at | {"score": one["score"]}


def cluster_of(cluster: Cluster, by_id: Mapping[str, Row], short: dict[str, str]) -> dict[str, Any]:
    return {
        "size": cluster.size,
        "kept": cluster.kept,
        "share": cluster.share,
        "share_kept": cluster.share_kept,
        "members": cluster.members,
        "pair": pair([by_id[id_] for id_ in cluster.members if id_ in by_id], short),
    }


def pair(rows: list[Row], short: dict[str, str]) -> list[dict[str, Any]]:
    """Two rows side by side, with the words marked that differ; empty where there are no two to be shown."""
    if len(rows) < 2:
        return []
    # The one that stays beside one that does not, where both may be shown.
    one, *_, other = sorted(rows, key=lambda row: row.outcome == "set_aside")
    texts = one.text(None), other.text(None)
    return [
        {
            "id": row.id,
            "place": place(f"{row.source}:{row.row}", short),
            "outcome": row.outcome,
            "pieces": pieces(text, spans),
            "same": texts[0] == texts[1],
        }
        for row, text, spans in zip((one, other), texts, different_spans(*texts), strict=True)
    ]


def _around(text: str, start: int, end: int) -> Pieces:
    """A span with what stands around it."""
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return _without_empty(
        [
            (shown(("…" if start > AROUND else "") + before), False),
            (cut(text[start:end]), True),
            (shown(after + ("…" if end + AROUND < len(text) else "")), False),
        ]
    )


def pieces(text: str, spans: Spans) -> Pieces:
    """The text with the spans marked; of long stretches between them only the edges."""
    found: Pieces = []
    at = used = 0
    for start, end in [*spans, (len(text), len(text))]:
        between = text[at:start]
        if len(between) > 2 * AROUND:
            head, tail = between[:AROUND], between[-AROUND:] if end > start else ""
            between = f"{head} … {tail}"
        found.append((shown(between), False))
        if end > start:
            found.append((cut(text[start:end]), True))
        used += len(between) + min(end - start, LONGEST)
        at = end
        if used > 2 * LONGEST and at < len(text):
            found.append((" …", False))
            break
    return _without_empty(found)


def _without_empty(pieces: Pieces) -> Pieces:
    return [(text, marked) for text, marked in pieces if text]


def rendered_views(evidence: Evidence, short: dict[str, str]) -> list[dict[str, Any]]:
    views = []
    for view in evidence.views():
        left, runs = LONGEST_MASK, []
        for run in view["runs"]:
            runs.append({**run, "text": shown(run["text"][:left])})
            left -= len(run["text"])
            if left <= 0:
                runs.append({"text": "…", "trained": False, "special": False})
                break
        problems = [{name: cut(text) for name, text in problem.items()} for problem in view["problems"]]
        views.append({**view, "place": place(view["place"], short), "runs": runs, "problems": problems})
    return views


def cut(text: object) -> str:
    text = str(text)
    return shown(text if len(text) <= LONGEST else text[:LONGEST] + "…")
