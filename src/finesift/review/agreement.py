"""Do people who read the same rows say the same, and does one person say the same twice?"""

from __future__ import annotations

from itertools import combinations

import polars as pl


def kappa(one: list[str], other: list[str]) -> float | None:
    """Cohen's kappa of two people's words on the same rows: 1 is agreement, 0 what chance would give.

    None where nothing was read by both, or both said one and the same of everything: chance alone would agree then.
    Source: Cohen 1960, "A coefficient of agreement for nominal scales".
    """
    if not one:
        return None
    agreed = sum(a == b for a, b in zip(one, other, strict=True)) / len(one)
    chance = sum(one.count(name) * other.count(name) for name in {*one, *other}) / len(one) ** 2
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def alpha(units: list[list[str]]) -> float | None:
    """Krippendorff's alpha for any number of people, each of whom may have left out rows. units: the words on each row.

    None where no row was read twice, or one word was said of all. Source: Krippendorff 2011, "Computing
    Krippendorff's alpha-reliability", nominal data.
    """
    read = [unit for unit in units if len(unit) > 1]
    words = [word for unit in read for word in unit]
    if not words or len({*words}) == 1:
        return None
    differ = sum(sum(a != b for a in unit for b in unit) / (len(unit) - 1) for unit in read) / len(words)
    counts = {word: words.count(word) for word in {*words}}
    chance = sum(counts[a] * counts[b] for a in counts for b in counts if a != b)
    return 1 - differ * len(words) * (len(words) - 1) / chance


def between(said: pl.DataFrame) -> dict[str, object]:
    """said: `journal.JUDGEMENTS`. Of the first words: kappa of each two people, alpha of all; and of second words on
    rows that a person saw before, the share that is the same."""
    first = said.filter(pl.col("showing") == 0).unique(["id", "by"], keep="last", maintain_order=True)
    people = first["by"].unique().sort().to_list()
    words = {
        person: dict(first.filter(pl.col("by") == person).select("id", "outcome").iter_rows())
        for person in people
    }
    pairs = []
    for a, b in combinations(people, 2):
        shared = sorted(words[a].keys() & words[b].keys())
        if shared:
            told = [words[a][id_] for id_ in shared], [words[b][id_] for id_ in shared]
            same = sum(x == y for x, y in zip(*told, strict=True))
            pairs.append({"people": [a, b], "rows": len(shared), "same": same, "kappa": kappa(*told)})
    units = first.group_by("id", maintain_order=True).agg("outcome")["outcome"].to_list()
    again = said.filter(pl.col("showing") > 0).join(
        first.select("id", "by", first="outcome"), on=["id", "by"]
    )
    oneself = [
        {"person": person, "rows": rows, "same": same}
        for person, rows, same in again.group_by("by")
        .agg(pl.len(), (pl.col("outcome") == pl.col("first")).sum().alias("same"))
        .sort("by")
        .iter_rows()
    ]
    return {"pairs": pairs, "alpha": alpha(units) if len(people) > 1 else None, "oneself": oneself}
