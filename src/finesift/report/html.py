"""The report as one page that needs nothing else: no network, no other file; without JavaScript only its filter rests.

Everything here is text or figures; `page.html.jinja` says how it stands on the page, and escapes it.
"""

from __future__ import annotations

import shlex
from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from finesift.chat.proof import KINDS
from finesift.recipe import LIMITS, Recipe
from finesift.registry import load_checks
from finesift.report import charts
from finesift.report.agents import MOST_TOOLS
from finesift.report.charts import Link, Mark, Node
from finesift.report.evidence import CLUSTERS, Evidence
from finesift.report.held_out import CHECKS as HELD_OUT_CHECKS
from finesift.report.map import drawn
from finesift.report.markdown import opened, or_under, split_sentence
from finesift.report.meaning import sentences
from finesift.report.places import place, short_names, shown
from finesift.report.quotes import cluster_of, cut, example, for_review, pair, rendered_views
from finesift.report.redacted import redacted
from finesift.report.reviewed import reviewed
from finesift.report.shared import Spans, different_spans, shared_spans
from finesift.report.summary import CheckCount, Lengths, Summary
from finesift.report.terminal import LABELS
from finesift.report.verdict import Verdict
from finesift.report.words import counted, percent, title
from finesift.split.proof import VIEWS, Mix
from finesift.split.seal import Opening

# Files, and reasons of rows set aside, that have a line of their own in the flow.
FILES, REASONS = 6, 8
# Checks of which the examples stand open.
OPEN = 3
_WIDE, _NARROW = 900, 340


def report(
    figures: Summary, about: dict[str, Any], name: str, folder: Path, openings: Sequence[Opening]
) -> str:
    """The page. about: the manifest. folder: the run, of which the tables are read.

    Raises what Polars raises where a table is damaged.
    """
    recipe = Recipe.model_validate(about["recipe"])
    answer = Verdict.from_dict(about["verdict"]).at(name)
    evidence = Evidence(folder, recipe)
    short = short_names([i["path"] for i in about["inputs"]] + list(figures.sources))
    picks, asked = evidence.picks, evidence.for_review()
    pairs = [two for two in (figures.split.closest if figures.split else []) if two.split == "validation"]
    clusters = figures.repeats.largest[:CLUSTERS]
    held_out = {held.name: evidence.contaminated(held.name) for held in figures.held_out}
    found = [one for ones in (*picks.values(), *held_out.values(), asked) for one in ones]
    ids = {one["other"] for one in found if one["other"]}
    reworded = figures.meaning.largest[:CLUSTERS] if figures.meaning else []
    ids |= {id_ for cluster in [*clusters, *reworded] for id_ in cluster.members}
    ids |= {id_ for two in pairs for id_ in (two.train, two.other)}
    rows = evidence.rows({one["example"] for one in found} | set(evidence.numbers(sorted(ids))))
    others = {row.id: row.text(None) for row in rows.values()} | evidence.items(sorted(ids))
    by_id = {row.id: row for row in rows.values()}

    def quoted(one: dict[str, Any], *, spans: Callable[[str, str], tuple[Spans, Spans]]) -> dict[str, Any]:
        return example(one, rows.get(one["example"]), others.get(one["other"] or ""), short, spans)

    script = _asset("page.js")
    return _page().render(
        name=cut(name),
        style=Markup(_asset("page.css")),  # noqa: S704  ours
        script=Markup(script),  # noqa: S704  ours
        script_hash=b64encode(sha256(script.encode()).digest()).decode(),
        figures=figures,
        answer=answer,
        verdict=_verdict(figures),
        facts=_facts(figures),
        fates=LABELS,
        place=lambda where: place(where, short),
        clustered=sum(int(size) * count for size, count in figures.repeats.sizes.items()),
        clusters_in_all=sum(figures.repeats.sizes.values()),
        most_of_a_size=max(figures.repeats.sizes.values(), default=1),
        flow=_flow(figures, evidence, short) if figures.rows else "",
        went=_went(figures, evidence),
        map=drawn(folder, evidence, short),
        distribution=_distribution(figures, evidence.spikes()),
        by_source=_by(figures.lengths, "source", short),
        by_role=_by(figures.lengths, "role", {}),
        spikes=[cut(said) for said in evidence.spikes()],
        checks=[
            _check(count, recipe, evidence.scores.get(count.check, []), picks.get(count.check, []), quoted)
            | {"open": at < OPEN}
            for at, count in enumerate(figures.checks)
        ],
        asked=[
            for_review(one, rows.get(one["example"]), others.get(one["other"] or ""), short) for one in asked
        ],
        asked_of=sorted({one["check"] for one in asked if one["check"]}),
        reviewable=sum(rows for fate, rows in figures.reviewed.items() if fate != "test"),
        run=shlex.quote(name),
        title=title,
        quiet=[check for check in load_checks() if check not in {c.check for c in figures.checks}],
        clusters=[cluster_of(cluster, by_id, short) for cluster in clusters],
        reworded=[
            cluster_of(cluster, by_id, short) | {"common": common}
            for cluster, common in zip(
                reworded, figures.meaning.common if figures.meaning else [], strict=False
            )
        ],
        reworded_rows=sum(int(size) * n for size, n in figures.meaning.sizes.items())
        if figures.meaning
        else 0,
        by_meaning=sentences(figures.meaning) if figures.meaning else [],
        held_out=[
            {"figures": held, "found": [quoted(one, spans=shared_spans) for one in held_out[held.name]]}
            for held in figures.held_out
        ],
        masks=rendered_views(evidence, short),
        shares=figures.masks
        and charts.tenths(
            figures.masks.shares,
            unit="share of tokens trained",
            label="Conversations by share of tokens trained",
        ),
        kinds={problem: KINDS[problem][1] for problem in KINDS},
        worst=[place(worst.place, short) for worst in figures.masks.worst] if figures.masks else [],
        split=figures.split and split_sentence(figures, figures.split),
        views=VIEWS,
        or_under=or_under,
        mixes=[_mix(mix, short) for mix in figures.split.mix] if figures.split else [],
        closest=[
            {"pair": two, "texts": pair([by_id[i] for i in (two.train, two.other) if i in by_id], short)}
            for two in pairs
        ],
        seal=about["outputs"]["sealed/test.jsonl.zst"]["sha256"],
        opened=opened(about),
        openings=openings,
        redacted=[*redacted(about)],
        decided=[*reviewed(about)],
        recipe=shown(recipe.to_toml()),
        about=about,
        coverage=about.get("coverage"),
        agents=figures.agents,
        most_tools=MOST_TOOLS,
        epoch=figures.epoch,
    )


@cache
def _page() -> Template:
    environment = Environment(
        loader=PackageLoader("finesift.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["n"] = lambda number: f"{number:,}"
    environment.filters["percent"] = percent
    environment.filters["shown"] = cut
    return environment.get_template("page.html.jinja")


def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")


def _verdict(figures: Summary) -> str:
    fates = figures.fates
    unreadable = f", and {fates['unreadable']:,} could not be read" if fates["unreadable"] else ""
    told = (
        f"{figures.kept:,} of {counted(figures.rows, 'row')} {'is' if figures.kept == 1 else 'are'} kept; "
        f"{fates['set_aside']:,} set aside with reasons{unreadable}."
    )
    return f"{told} {figures.review_sentence()}".strip()


def _facts(figures: Summary) -> list[tuple[str, str]]:
    """Figures at a glance: (number, what it is)."""
    counts = counted(sum(figures.turns.values()), "message"), counted(len(figures.sources), "file")
    facts = [(number, what) for number, _, what in (told.partition(" ") for told in counts)]
    if masks := figures.masks:
        facts += [
            (f"{masks.tokens:,}", "tokens rendered"),
            (percent(masks.trained / max(1, masks.tokens)), "of them in the loss"),
            (percent(masks.proved / max(1, masks.conversations)), "of the masks proved"),
        ]
    at = figures.tokens or figures.characters
    if at:
        facts.append((f"{at['50%']:,}", f"{'tokens' if figures.tokens else 'characters'} in the median row"))
    return facts


def _flow(figures: Summary, evidence: Evidence, short: dict[str, str]) -> Markup:
    """From files to fates to reasons."""
    by_file: dict[str, dict[str, int]] = {source: {} for source in figures.sources}
    for source, fate, rows in evidence.flows:
        by_file[source][fate] = rows
    for source, rows in figures.sources.items():
        by_file[source]["unreadable"] = rows - sum(by_file[source].values())
    files = list(figures.sources)
    told, rest = (files, []) if len(files) <= FILES else (files[: FILES - 1], files[FILES - 1 :])
    groups = [(short[file], [file]) for file in told] + (
        [(f"{len(rest):,} more files", rest)] if rest else []
    )
    nodes = [Node(0, label, sum(figures.sources[f] for f in of)) for label, of in groups]
    place = {}
    for fate, label in LABELS.items():
        if rows := figures.fates[fate]:
            place[fate] = len(nodes)
            nodes.append(Node(1, label, rows, fate))
    links = []
    for start, (_, of) in enumerate(groups):
        for fate, end in place.items():
            if rows := sum(by_file[file].get(fate, 0) for file in of):
                links.append(Link(start, end, rows))
    asked = {
        fate: evidence.reviewed.get(fate, 0) for fate in ("train", "validation", "test") if fate in place
    }
    if any(asked.values()):
        quiet = {fate: figures.fates[fate] - rows for fate, rows in asked.items()}
        for label, of_fate, kind in (("no remark", quiet, "train"), ("for review", asked, "review")):
            if total := sum(of_fate.values()):
                links += [Link(place[fate], len(nodes), rows) for fate, rows in of_fate.items() if rows]
                nodes.append(Node(2, label, total, kind))
    reasons = [(title(check), rows) for check, rows in evidence.reasons.items()]
    if len(reasons) > REASONS:
        reasons = [
            *reasons[: REASONS - 1],
            (f"{len(reasons) - REASONS + 1} more checks", sum(n for _, n in reasons[REASONS - 1 :])),
        ]
    for label, rows in reasons:
        links.append(Link(place["set_aside"], len(nodes), rows))
        nodes.append(Node(2, label, rows, "set_aside"))
    return charts.flow(
        nodes,
        links,
        width=1000,
        label="Rows from files to where they went, and why. The table below has the same figures.",
    )


def _went(figures: Summary, evidence: Evidence) -> list[dict[str, Any]]:
    """The flow as a table: a fate, its rows, and its parts."""
    most = max(figures.fates.values(), default=0) or 1
    parts = {
        "train": [("for review", evidence.reviewed.get("train", 0))],
        "validation": [("for review", evidence.reviewed.get("validation", 0))],
        "set_aside": list(evidence.reasons.items()),
    }
    return [
        {
            "fate": fate,
            "label": label,
            "rows": figures.fates[fate],
            "width": figures.fates[fate] / most,
            "parts": [(part, rows) for part, rows in parts.get(fate, ()) if rows],
        }
        for fate, label in LABELS.items()
    ]


def _distribution(figures: Summary, spikes: list[str]) -> dict[str, Any] | None:
    rows = next((one for one in figures.lengths if one.of == "rows"), None)
    if rows is None:
        return None
    median, most, longest = (rows.quantiles[at] for at in ("50%", "99%", "100%"))
    label = f"Rows by {rows.unit}: median {median:,}, 99 % up to {most:,}, longest {longest:,}"
    marks = [Mark(median, f"median {median:,}"), Mark(most, f"99 % {most:,}")]
    if rows.unit == "tokens":
        marks.append(Mark(figures.max_tokens, f"budget {figures.max_tokens:,}", "budget"))
    # As the check says it: "3.1 % of rows have exactly 512 tokens, and hardly any more".
    at = [said.split("exactly ")[1].split(f" {rows.unit},")[0] for said in spikes if f" {rows.unit}," in said]
    marks += [Mark(int(value), f"spike at {int(value):,}", "spike") for value in at if value.isdecimal()]
    bins = {int(place): count for place, count in rows.bins.items()}
    return {
        "unit": rows.unit,
        "quantiles": rows.quantiles,
        "charts": [
            (kind, charts.lengths(bins, marks, unit=rows.unit, label=label, width=width))
            for kind, width in (("wide", _WIDE), ("narrow", _NARROW))
        ],
    }


def _by(several: list[Lengths], of: str, short: dict[str, str]) -> list[dict[str, Any]]:
    chosen = [one for one in several if one.of == of]
    bins = [{int(place): count for place, count in one.bins.items()} for one in chosen]
    low, high = charts.common_range(bins)
    return [
        {
            "name": short.get(one.name, cut(one.name)),
            "unit": one.unit,
            "count": one.count,
            "quantiles": one.quantiles,
            "chart": charts.spark(
                counts,
                low,
                high,
                unit=one.unit,
                label=f"{cut(one.name)}: median {one.quantiles['50%']:,} {one.unit}",
            ),
        }
        for one, counts in zip(chosen, bins, strict=True)
    ]


def _check(
    count: CheckCount,
    recipe: Recipe,
    scores: list[int],
    picks: list[dict[str, Any]],
    quoted: Callable[..., dict[str, Any]],
) -> dict[str, Any]:
    declared = load_checks().get(count.check)
    limits = [(act, at) for act, at in recipe.limit(count.check) if at is not None]
    if len({at for _, at in limits}) < len(limits):
        limits = limits[-1:]
    marks = [Mark(at, f"{act.replace('_', ' ')} {at:g}", act) for act, at in limits]
    return {
        "name": count.check,
        "found": count.found,
        "review": count.review,
        "set_aside": count.set_aside,
        "does": "set_aside" if count.set_aside else "review" if count.review else "found",
        "what": declared.what if declared else "",
        "why": " ".join(declared.why.split()) if declared else "",
        "limits": [(act.replace("_", " "), at) for act, at in limits],
        "reason": LIMITS[count.check][1] if count.check in LIMITS else "asks before it acts",
        "chart": charts.scores(
            scores, marks, label=f"Rows with a finding of {count.check}, by score from 0 to 1"
        ),
        # The section on contamination shows them, by held-out set.
        "examples": []
        if count.check in HELD_OUT_CHECKS
        else [quoted(one, spans=different_spans) for one in picks],
        "elsewhere": count.check in HELD_OUT_CHECKS,
    }


def _mix(mix: Mix, short: dict[str, str]) -> dict[str, Any]:
    totals = [max(1, sum(rows[place] for rows in mix.rows.values())) for place in range(3)]
    in_order = list(mix.rows.items())
    if mix.column in ("length", "turns"):  # ranges and counts: by size, not by how many there are
        in_order.sort(key=lambda one: int(one[0].split()[0]))
    return {
        "column": cut(mix.column),
        "distances": mix.distances,
        "rows": [
            {
                "value": short.get(value, cut(value)),
                "shares": [n / total for n, total in zip(rows, totals, strict=True)],
                "rows": rows,
            }
            for value, rows in in_order
        ],
    }
