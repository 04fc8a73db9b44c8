"""More of what coverage is worth: planted empty cells, what it costs, and the rule of one line beside it.

python benchmarks/coverage_cells.py
"""

from __future__ import annotations

import json
import time

import numpy as np

from coverage import DATA, DRAWS, SHOWN, auroc, draw, load
from finesift.corpus import Corpus, chat
from finesift.cover.cover import cover
from finesift.cover.plan import Plan
from finesift.embed.load import embedder
from finesift.embed.static import Static

#: How people of each tone speak, beside what they ask.
TONES = {
    "angry": (
        "This is the third time I ask and nobody answers.", "I am really annoyed now.", "What a joke.",
        "Your service is a disgrace.", "I have had enough of this!!", "Absolutely useless so far.",
    ),
    "confused": (
        "I am a bit lost here.", "I have no clue how this works.", "Sorry, I am confused.", "It makes no sense to me.",
        "I can't figure it out.", "I don't understand what I see.",
    ),
    "polite": (
        "Thank you so much in advance.", "I would be grateful for your help.", "Kind regards, Anna",
        "Could you please have a look?", "Thanks!", "If it's not too much trouble.",
    ),
    "plain": ("", "I asked last week.", "It is for my sister.", "I live in Leeds.", "It began on Monday."),
}  # fmt: skip
#: Requests of each behaviour in each tone; the share of cells that are emptied.
OF_CELL, EMPTIED = 7, 0.1


def centres(sets) -> None:
    """What a rule of one line does with the same vectors: the nearest mean of MiniLM's, and how near it is."""
    print(f"{'nearest mean':12} {'plan':>5} {'texts':>6} {'accuracy':>9} {'outside':>8}")
    for name in ("CLINC150", "BANKING77"):
        plain = {str(one): np.zeros(sets[name][0].shape[1]) for one in np.unique(sets[name][1])}
        for count in (3, 5, 10):
            figures = []
            for seed in range(DRAWS):
                requests, texts, owners, truth = draw(sets[name], plain, count, SHOWN[name][-1], 900 + seed)
                means = np.stack([texts[owners == n].sum(axis=0) for n in range(owners.max() + 1)])
                alike = requests @ (means / np.linalg.norm(means, axis=1, keepdims=True)).T
                inside, best = truth >= 0, alike.max(axis=1)
                right = (alike.argmax(axis=1) == truth)[inside].mean()
                figures.append((right, auroc(best[inside], best[~inside])))
            right, outside = np.mean(figures, axis=0)
            print(f"{name:12} {SHOWN[name][-1]:5} {count:6} {right:9.3f} {outside:8.3f}")


def cells() -> None:
    """Requests of each behaviour in four tones, a tenth of the cells emptied: which are said to be as good as empty."""
    embed = embedder(None)
    clinc = json.loads((DATA / "truth_behaviours/clinc150/dev.json").read_bytes())
    names = clinc["intents"]
    asked: dict[str, dict[str, list[str]]] = {name: {"train": [], "test": []} for name in names}
    for part in ("train", "test"):
        for text, intent in clinc[part]:
            asked[intent][part].append(text)
    told = caught = planted = 0
    for seed in range(20):
        chance = np.random.default_rng(seed)
        behaviours = []
        for name in names:
            shown = asked[name]["train"]
            some = [shown[n] for n in chance.permutation(len(shown))[:10]]
            behaviours.append({"name": name, "about": name.replace("_", " "), "examples": some})
        plan = Plan.model_validate({"attributes": ["tone"], "behaviour": behaviours})
        gone = {(name, tone) for name in names for tone in TONES if chance.random() < EMPTIED}
        rows = []
        for name in names:
            texts = [asked[name]["test"][n] for n in chance.permutation(len(asked[name]["test"]))]
            for nth, tone in enumerate(TONES):
                some = texts[nth * OF_CELL : (nth + 1) * OF_CELL] if (name, tone) not in gone else []
                more = [TONES[tone][int(n)] for n in chance.integers(len(TONES[tone]), size=len(some))]
                rows += [chat(f"{text} {how}".strip(), "Yes.") for text, how in zip(some, more, strict=True)]
        corpus = Corpus.of(rows)
        found = cover(plan, corpus.turns, corpus.examples, embed)
        said = {(name, value) for _, name, value in found.empty}
        caught, told, planted = caught + len(said & gone), told + len(said), planted + len(gone)
    figures = f"recall {caught / planted:.3f}, precision {caught / told:.3f}"
    print(f"\nempty cells of {len(names)} behaviours x tone, ten examples, 20 draws: {figures}", flush=True)


def cost() -> None:
    """52,002 rows against 30 behaviours of five examples, beyond their vectors: seconds of processor time."""
    rows = json.loads((DATA / "sft/alpaca_data.json").read_bytes())
    said = [(f"{row['instruction']}\n{row['input']}".strip(), row["output"]) for row in rows]
    corpus = Corpus.of([chat(*both) for both in said])
    static = Static()
    texts = [row["instruction"] for row in rows[::280]]
    behaviours = [
        {"name": f"b{n}", "about": texts[6 * n], "examples": texts[6 * n + 1 : 6 * n + 6]} for n in range(30)
    ]
    spent = 0.0

    def embed(said):
        nonlocal spent
        begun = time.process_time()
        vectors = static.encode(said)
        spent += time.process_time() - begun
        return vectors

    begun = time.process_time()
    found = cover(Plan.model_validate({"behaviour": behaviours}), corpus.turns, corpus.examples, embed)
    whole = time.process_time() - begun
    print(
        f"\n{found.rows:,} rows x 30: {whole - spent:.1f} s of processor time beyond {spent:.1f} s of vectors"
    )


if __name__ == "__main__":
    cost()
    centres(load()[0])
    cells()
