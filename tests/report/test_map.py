"""The map of a run: what stands in it, and what must not."""

import random
import re

import polars as pl
import pytest

from finesift import pipeline
from finesift.recipe import Recipe
from finesift.report import map as the_map

KEY = "AKIA" + "Q3EGRCXWT7JZ5HLP"
THINGS = [
    "kettle",
    "grinder",
    "invoice",
    "password",
    "refund",
    "parcel",
    "voucher",
    "lamp",
    "battery",
    "manual",
]


def chat(asked, answered="It is on its way to you, and there by Friday."):
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]}


def asked(n, more=""):
    thing = THINGS[n % len(THINGS)]
    return f"word{n}x: where do I find the {thing} of order {n}, and who {THINGS[n % 7]}s it?{more}"


def page(path, out, **sections):
    recipe = Recipe.parse({"data": {"train": [str(path)]}}).merge(**sections)
    run = pipeline.prep(recipe, out)
    return run, picture(run)


def picture(run):
    found = re.search(
        r'<section id="map".*?</section>', (run.path / "report.html").read_text("utf-8"), re.DOTALL
    )
    return found and found[0]


def test_each_row_that_may_be_shown_is_drawn(jsonl, tmp_path):
    _, drawn = page(jsonl([chat(asked(n)) for n in range(60)]), tmp_path / "run", split={"test": 0.0})
    assert drawn.count("<circle") == 60
    assert "word7x" in drawn


def test_no_sealed_row_and_none_with_a_secret(jsonl, tmp_path):
    rows = [chat(asked(n, f" My key is {KEY}." if n == 5 else "")) for n in range(120)]
    run, drawn = page(jsonl(rows), tmp_path / "run", split={"test": 0.3})
    shown = set(re.findall(r"word\d+x", drawn))
    splits = run.table("splits").join(run.table("examples").select("example", "row"), on="example")
    sealed = {f"word{row - 1}x" for row in splits.filter("sealed")["row"]}
    assert sealed and not shown & sealed
    assert "word5x" not in shown and KEY not in drawn
    assert shown | sealed | {"word5x"} == {f"word{n}x" for n in range(120)}


def test_too_few_rows_make_no_map(jsonl, tmp_path):
    _, drawn = page(jsonl([chat(asked(n)) for n in range(8)]), tmp_path / "run")
    assert drawn is None


def test_what_data_says_is_text(jsonl, tmp_path):
    hostile = ' </title></svg><script>alert(1)</script>"\x1b[31m'
    rows = [chat(asked(n, hostile)) for n in range(40)]
    _, drawn = page(jsonl(rows), tmp_path / "run", split={"test": 0.0})
    assert "<script" not in drawn and "\x1b" not in drawn
    assert drawn.count("</svg>") == 1


def test_the_order_of_rows_does_not_matter(jsonl, tmp_path):
    rows = [chat(asked(n)) for n in range(80)]
    places = []
    for seed in (1, 2):
        random.Random(seed).shuffle(rows)
        _, drawn = page(jsonl(rows, name=f"{seed}.jsonl"), tmp_path / f"run{seed}", split={"test": 0.0})
        found = re.findall(r"cx=(\d+) cy=(\d+) .*?<title>(word\d+x)", drawn)
        places.append({word: (x, y) for x, y, word in found})
    assert places[0] == places[1]


@pytest.mark.parametrize("more", [" 漢字 かな" * 60, " &<>" * 100, " \u202e" * 200])
def test_it_stays_small_whatever_rows_say(jsonl, tmp_path, monkeypatch, more):
    monkeypatch.setattr(the_map, "BYTES", 20_000)
    rows = [chat(asked(n, more)) for n in range(150)]
    _, drawn = page(jsonl(rows), tmp_path / "run", split={"test": 0.0})
    assert len(drawn[drawn.index("<circle") : drawn.index("</g>")].encode()) <= 20_000


def test_groups_have_names_where_words_have_no_spaces(jsonl, tmp_path):
    ask = ["这个水壶怎么退货", "保修期是多久", "订单什么时候到", "怎么取消订单"]
    rows = [
        chat(f"{ask[n % 4]}，型号{n}号呢？", f"好的，第{n}个请求已经处理了，请您稍等。") for n in range(60)
    ]
    _, drawn = page(jsonl(rows), tmp_path / "run", split={"test": 0.0})
    names = re.findall(r'<tr><th scope="row">(.*?)</th>', drawn)
    assert names and all(len(word) == 2 for name in names for word in name.split())


def test_rows_of_each_check_are_drawn_however_few(jsonl, tmp_path, monkeypatch):
    monkeypatch.setattr(the_map, "DRAWN", 20)
    rows = [chat(asked(n), "" if n == 33 else "It is there by Friday, I promise.") for n in range(200)]
    run, drawn = page(jsonl(rows), tmp_path / "run", split={"test": 0.0})
    fate = run.table("splits").join(run.table("examples").filter(pl.col("row") == 34), on="example")["fate"][
        0
    ]
    assert fate == "set_aside"
    assert "word33x" in drawn
