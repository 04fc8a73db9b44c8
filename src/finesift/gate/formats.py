"""What a gate says, for people and for the programs that run it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import orjson

from finesift import __version__
from finesift.gate.rules import Gate, Place
from finesift.report.places import shown

#: Results that GitHub's code scanning shows of one run.
SARIF_MOST = 5000


def text(found: Gate) -> str:
    lines = []
    for result in found.results:
        mark = "ok  " if result.passed else "FAIL"
        lines.append(f"{mark}  {result.rule}: {result.why}")
        if not result.passed:
            lines += [
                f"        {shown(place.source)}:{place.row}  {shown(place.message)}"
                for place in result.places[:3]
            ]
    lines += [f"not looked at: {name} ({how})" for name, how in found.skipped.items()]
    broken = len(found.broken)
    lines.append(f"{found.rows:,} rows: {f'{broken} rules are broken' if broken else 'all rules hold'}")
    return "\n".join(lines) + "\n"


def as_json(found: Gate) -> str:
    return orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2).decode() + "\n"


def github(found: Gate) -> str:
    """A workflow command per broken rule, at its first place: GitHub shows ten of a kind in a step and drops the rest.

    The other places go into the summary of the step, where there is one.
    """
    lines = []
    for result in found.broken:
        where = ""
        if result.places:
            first = result.places[0]
            where = f"file={_property(first.source)},line={first.row},"
        title = _property(f"finesift: {result.rule}")
        lines.append(f"::error {where}title={title}::{_data(_message(result.why, result.places))}")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(_summary(found))
    lines.append(text(found).splitlines()[-1])
    return "\n".join(lines) + "\n"


def sarif(found: Gate) -> str:
    names = [result.rule for result in found.results]
    rules = [{"id": name, "shortDescription": {"text": name.replace("_", " ")}} for name in names]
    results = [
        {
            "ruleId": result.rule,
            "level": "error",
            "message": {"text": place.message or result.rule},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": Path(place.source).as_posix()},
                        "region": {"startLine": max(1, place.row)},
                    }
                }
            ],
        }
        for result in found.broken
        for place in result.places
    ]
    driver = {"name": "finesift", "version": __version__, "rules": rules}
    report = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results[:SARIF_MOST]}],
    }
    return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode() + "\n"


def junit(found: Gate) -> str:
    cases = []
    for result in found.results:
        if result.passed:
            cases.append(f'  <testcase classname="finesift" name={quoteattr(result.rule)}/>')
        else:
            told = "\n".join(f"{place.source}:{place.row}: {place.message}" for place in result.places[:50])
            why = quoteattr(_printable(result.why))
            failure = f"<failure message={why}>{escape(_printable(told))}</failure>"
            name = quoteattr(result.rule)
            cases.append(f'  <testcase classname="finesift" name={name}>\n    {failure}\n  </testcase>')
    head = f'<testsuite name="finesift" tests="{len(found.results)}" failures="{len(found.broken)}">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *cases, "</testsuite>"]) + "\n"


FORMATS: dict[str, Callable[[Gate], str]] = {
    "text": text,
    "json": as_json,
    "github": github,
    "sarif": sarif,
    "junit": junit,
}


def _place(place: Place) -> str:
    return f"{shown(place.source)}:{place.row}"


def _message(why: str, places: list[Place]) -> str:
    return f"{why}; first: {shown(places[0].message)}" if places else why


def _summary(found: Gate) -> str:
    lines = ["### finesift check", "", "| rule | rows | |", "| --- | ---: | --- |"]
    lines += [
        f"| {r.rule} | {r.rows:,} | {'holds' if r.passed else '**broken**: ' + r.why} |"
        for r in found.results
    ]
    for result in found.broken:
        places = [f"- `{_ticked(f'{p.source}:{p.row}')}` {_ticked(p.message)}" for p in result.places[:50]]
        lines += ["", f"{result.rule}:", "", *places]
    return "\n".join(lines) + "\n"


def _ticked(said: str) -> str:
    """Text from data for Markdown: no markup, no HTML."""
    return shown(" ".join(said.split())).replace("`", "'").replace("<", "&lt;").replace("|", "\\|")


def _data(said: str) -> str:
    return said.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(said: str) -> str:
    return _data(said).replace(":", "%3A").replace(",", "%2C")


def _printable(said: str) -> str:
    """What XML may hold: it has no way to write most control characters."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in said)
