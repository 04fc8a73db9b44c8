"""Whether a generated row may stand: it is parsed strictly, and meets what every other row meets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from finesift.checks.language import language_of
from finesift.corpus import Corpus
from finesift.cover.attributes import attributes
from finesift.cover.of_run import declining
from finesift.cover.plan import Plan
from finesift.cover.rows import fits
from finesift.embed.encoder import Embed, Vectors
from finesift.generate.known import Known
from finesift.generate.parse import Message
from finesift.generate.peers import SAME_MEANING, Peers, within
from finesift.generate.shown import Looked, Shown, look
from finesift.generate.slips import Slips
from finesift.match.restate import LEAST_WORDS
from finesift.measure import measure
from finesift.recipe import Recipe
from finesift.registry import load_checks

#: Scores from which a check of held-out items acts here, where the recipe's own limit is higher: another row costs a
#: request, a leak an evaluation.
STRICTER = {"contamination": 0.2, "restatement": 0.3}
#: From this cosine on a sentence of a request asks what a held-out item asks: as near are two of 100 questions of one
#: exam (MMLU, sociology) to any other, and nine of ten to their own restatement.
SAME_ITEM = 0.65
#: Checks that compare rows are answered here, against the set and what was just made; others that need a trainer's
#: template or the whole set say nothing of one row.
_APART = frozenset(
    re.split(
        " ",
        "exact_duplicate near_duplicate near_but_different near_prompt near_answer same_prompt_different_answers "
        "paraphrase_duplicate same_meaning_prompt "
        "length_outlier length_spike label_balance preference_bias unreviewed_synthetic",
    )
)
#: Tables that one row does not have.
_WHOLE = {"rendered", "problems", "near", "alike"}
#: How an answer begins that declines, where declining is what is wanted: whether it then complies is for a person.
_DECLINES = re.compile(
    r"(?i)\b(?:can(?:['’]t|not)|unable|not able|not allowed|may not|won['’]t be able|must decline|"
    r"do(?:n['’]t| not) share)\b"
)
OPENING = 120
#: Rows whose language is looked at, and how many must show one before another language is said to be none of the set's.
LANGUAGES_OF, LANGUAGES_FROM = 1_000, 10


@dataclass(frozen=True)
class Verdict:
    """reason: why a row may not stand, or None. rouge: its largest ROUGE-L with a request of its behaviour, 0 to 1.
    behaviour: which it shows, where it may stand."""

    reason: str | None
    rouge: float = 0.0
    behaviour: str = ""


class Judge:
    """Says of rows whether they may stand. Those that may are part of what later ones are compared with.

    corpus: the set, held-out items included. Its rows are compared with; held-out items are looked for.
    of: by behaviour, ids and requests of rows that are surely of it.
    """

    def __init__(
        self,
        corpus: Corpus,
        plan: Plan,
        recipe: Recipe,
        embed: Embed,
        *,
        of: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    ) -> None:
        self._held_out, self._recipe, self._plan = corpus.held_out, recipe, plan
        self._known, self._taken = Known(), 0
        said = corpus.turns["example"].unique()
        named = corpus.examples.filter(pl.col("example").is_in(said.implode()))["id"]
        self._known.add(corpus.turns, [f"row {id_}" for id_ in named])
        checks = [
            check for check in load_checks().values() if check.name not in _APART and recipe.runs(check.name)
        ]
        self._checks = [check for check in checks if not _WHOLE & set(check.tables)]
        rows = {name: [request for _, request in some] for name, some in (of or {}).items()}
        self._shown, self._embed = Shown(plan, rows, embed), embed
        told = corpus.turns.filter(pl.col("role") == "user").unique(
            "example", keep="first", maintain_order=True
        )
        known = [text for one in plan.behaviour for text in one.texts()]
        known += told["content"].drop_nulls().head(LANGUAGES_OF).to_list()
        self._slips = Slips(known)
        self._languages = Counter(language for text in known if (language := language_of(text)))
        asked = corpus.held_out.filter(pl.col("question").str.count_matches(r"\w+") >= LEAST_WORDS)
        self._items = [f"{set_}:{item}" for set_, item in asked.select("set", "item").iter_rows()]
        self._exam = embed(asked["question"].to_list()) if self._items else None
        self._peers: dict[str, Peers] = {one.name: Peers() for one in plan.behaviour}
        for name, requests in rows.items():
            self._peers[name].add(requests, embed(requests))

    def judge(
        self,
        rows: Sequence[list[Message]],
        wanted: Sequence[str],
        sources: Sequence[str | None] | None = None,
        *,
        lacking: Container[str] = (),
    ) -> list[Verdict]:
        """wanted: the behaviour that each was asked for. sources: the row that each is made from, and may be like.
        lacking: other behaviours that a row may count for, where it clearly shows one of them instead."""
        if not rows:
            return []
        made_from = [None] * len(rows) if sources is None else sources
        corpus = replace(Corpus.of([{"messages": messages} for messages in rows]), held_out=self._held_out)
        found: list[str | None] = [None] * len(rows)
        findings = measure(corpus, self._checks, self._recipe).sort("score", descending=True)
        for row, reason in self._checked(findings):
            found[row] = found[row] or reason
        foreign = [self._slips.of(messages) or self._foreign(messages) for messages in rows]
        looked = look([[one["content"] for one in messages[::2]] for messages in rows], self._embed)
        shows, plan = self._shows(corpus, findings, looked, wanted, lacking)
        for reasons in (
            self._leaks(looked),
            self._known.like(corpus.turns, [None if id_ is None else f"row {id_}" for id_ in made_from]),
            foreign,
            plan,
        ):
            found = [reason or other for reason, other in zip(found, reasons, strict=True)]
        found = self._restated(found, shows, looked.whole, made_from)
        found = self._among(corpus, found)
        return self._taking(corpus, found, shows, looked.whole)

    def _shows(
        self,
        corpus: Corpus,
        findings: pl.DataFrame,
        looked: Looked,
        wanted: Sequence[str],
        lacking: Container[str],
    ) -> tuple[list[str], list[str | None]]:
        """The behaviour that each row shows, and why it may not be counted for it.

        An answer that does not do what was asked for is none of another behaviour where its request may still be of the
        one asked for: else a wrong answer would pass as a right one of something else.
        """
        outcomes = self._outcomes(corpus, findings, wanted)
        otherwise = self._shown.otherwise(looked, wanted, outcomes)
        rather = [one.rather if one is not None and one.rather in lacking else None for one in otherwise]
        shows = [other or name for other, name in zip(rather, wanted, strict=True)]
        done = self._outcomes(corpus, findings, shows)
        kinds = {one.name: one.wants for one in self._plan.behaviour}
        told: list[str | None] = []
        for row, name in enumerate(wanted):
            other, asked_fits = otherwise[row], fits(kinds[name], outcomes[row])
            # Whoever complies where declining was asked for has done the very thing, whatever the request looks like.
            may = asked_fits or (kinds[name] != "refuse" and other is not None and not other.likely)
            if rather[row] and other is not None and may:
                # An answer that declines, however faintly, is none for a behaviour that wants one.
                faint = outcomes[row] == "refuses" and kinds[shows[row]] != "refuse"
                right = fits(kinds[shows[row]], done[row]) and not faint
                told.append(None if right else other.why)
                continue
            shows[row] = name
            wrong = None if asked_fits else f"outcome: it {outcomes[row]}, and should {kinds[name]}"
            told.append(wrong or (other.why if other is not None else None))
        return shows, told

    def _foreign(self, messages: Sequence[Message]) -> str | None:
        """A language that no request of the set or of the plan is in."""
        language = language_of("\n".join(message["content"] for message in messages))
        if language is None or language in self._languages or self._languages.total() < LANGUAGES_FROM:
            return None
        known = ", ".join(name for name, _ in self._languages.most_common(3))
        return f"language: it is in {language}, the set is in {known}"

    def _leaks(self, looked: Looked) -> list[str | None]:
        """Requests of which a sentence means what a held-out item asks."""
        told: list[str | None] = []
        for row in range(len(looked)):
            near = None if self._exam is None else looked.parts(row) @ self._exam.T
            if near is None or near.max() < SAME_ITEM:
                told.append(None)
            else:
                item = self._items[int(near.max(axis=0).argmax())]
                told.append(f"restatement: it asks what {item} asks (cosine {near.max():.2f})")
        return told

    def _checked(self, findings: pl.DataFrame) -> list[tuple[int, str]]:
        """What checks act on, the surest first; refusals are a matter of the outcome."""
        told = []
        acting = findings.filter(pl.col("check") != "refusal").select("example", "check", "score", "message")
        for example, check, score, message in acting.iter_rows():
            least = self._recipe.limit(check).least
            if least is not None and score >= min(least, STRICTER.get(check, least)):
                told.append((example, f"{check}: {message}"))
        return told

    def _outcomes(self, corpus: Corpus, findings: pl.DataFrame, wanted: Sequence[str]) -> list[str]:
        """What each answer does. Where declining is wanted, an opening that declines is enough: a sign that is rather
        missed than found where it is not, as `refusal` is, would leave out what is asked for."""
        kinds = {one.name: one.wants for one in self._plan.behaviour}
        outcomes = attributes(corpus.turns, corpus.examples, declining(findings)).sort("example")["outcome"]
        last = corpus.turns.unique("example", keep="last", maintain_order=True)["content"]
        return [
            "refuses" if kinds[name] == "refuse" and _DECLINES.search(answer[:OPENING]) else outcome
            for name, answer, outcome in zip(wanted, last, outcomes, strict=True)
        ]

    def _restated(
        self,
        found: list[str | None],
        shows: Sequence[str],
        vectors: Vectors,
        made_from: Sequence[str | None],
    ) -> list[str | None]:
        """Requests that ask in other words what a row of their behaviour asks, or an earlier one of these.

        Rows that are made from a real one do so on purpose.
        """
        open_ = [row for row, reason in enumerate(found) if reason is None and made_from[row] is None]
        told = list(found)
        for row, again in zip(open_, within(vectors[open_], SAME_MEANING), strict=True):
            near = self._peers[shows[row]].nearest(vectors[row])
            if again or near >= SAME_MEANING:
                said = "of this batch" if again else f"(cosine {near:.2f})"
                told[row] = f"paraphrase: it asks what another row asks {said}"
        return told

    def _among(self, corpus: Corpus, found: list[str | None]) -> list[str | None]:
        """The same, with rows that are like an earlier one of these."""
        told, before = list(found), Known()
        for row in range(len(found)):
            if told[row] is None:
                one = corpus.turns.filter(pl.col("example") == row)
                (told[row],) = before.like(one.with_columns(example=pl.lit(0, pl.UInt32)), [None])
                if told[row] is None:
                    before.add(one, ["one of the same batch"])
        return told

    def _taking(
        self, corpus: Corpus, found: Sequence[str | None], shows: Sequence[str], vectors: Vectors
    ) -> list[Verdict]:
        """The verdicts; rows that stand are known from here on."""
        standing = [row for row, reason in enumerate(found) if reason is None]
        kept = corpus.turns.filter(pl.col("example").is_in(standing))
        self._known.add(kept, [f"generated row {self._taken + n + 1}" for n in range(len(standing))])
        self._taken += len(standing)
        requests = dict(
            corpus.turns.filter(pl.col("role") == "user")
            .unique("example", keep="first")
            .select("example", "content")
            .iter_rows()
        )
        told = []
        for row, reason in enumerate(found):
            peers = self._peers[shows[row]]
            rouge = 0.0 if reason else peers.rouge(requests[row])
            told.append(Verdict(reason, round(rouge, 4), shows[row]))
            if reason is None:
                peers.add([requests[row]], vectors[row : row + 1])
                self._shown.take(shows[row], vectors[row])
        return told
