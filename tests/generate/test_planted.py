"""A model by script with sins on purpose: none gets through, what is valid is kept, and the money is what was said."""

import importlib.util
import sys
from pathlib import Path

import pytest

from finesift.embed.load import load_encoder

FOLDER = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.skipif(load_encoder() is None, reason="needs the extra [semantic]")


def module(name):
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location(f"bench_{name}", FOLDER / f"{name}.py")
        made = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = made  # dataclasses look their module up
        spec.loader.exec_module(made)
        return made
    finally:
        sys.path.remove(str(FOLDER))


@pytest.mark.long
def test_of_two_thousand_answers_no_sin_is_accepted_and_the_valid_are(tmp_path):
    bench = module("generate")
    found, writer, server, _ = bench.generated(tmp_path, bench.SINS, bench.HAS + 200, seed=11, count=2000)
    kinds = bench.by_kind(found, writer)
    assert sum(given for given, _, _ in kinds.values()) == 2000
    assert all(kinds[sin][1] == 0 for sin in ("copy", "restated", "refusal", "malformed"))
    given, taken, reasons = kinds["valid"]
    # 0.97 is the aim; on a seed that was not seen before it was 0.963.
    assert taken >= 0.95 * given, reasons
    paid = sum(a * b for a, b in zip(server.tokens, bench.PRICES, strict=True)) / 1e6
    assert found.cost == pytest.approx(paid)
    assert all(one.prompt_tokens and one.cost for one in found.yields if one.asked)


def test_a_gap_is_closed_with_few_requests_more_than_it_wants(tmp_path):
    bench = module("generate")
    found, *_ = bench.generated(tmp_path, {}, bench.HAS + 5)
    assert all(one.filled and one.asked <= 1.3 * one.wanted for one in found.yields), found.as_dict()


def test_spending_ends_within_two_hundredths_of_the_budget(tmp_path):
    bench = module("generate")
    _, _, server, _ = bench.generated(tmp_path, {"malformed": 15}, bench.HAS + 200, budget=0.03)
    paid = sum(a * b for a, b in zip(server.tokens, bench.PRICES, strict=True)) / 1e6
    assert 0.98 * 0.03 <= paid <= 1.02 * 0.03
