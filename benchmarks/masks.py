"""Masks beside transformers': `python benchmarks/masks.py [ROWS]` prints one table.

Alpaca's 52,002 rows through the packaged ChatML template and tokenizer. transformers gets the same template with
{% generation %} around what is trained, and answers in batches of 1,000, which its fast tokenizer encodes on all
cores. Each program in its own process; needs transformers (pip install 'finesift[hf]').
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from measure import data_folder, measure

WAYS = {
    "transformers": "transformers: apply_chat_template(return_assistant_tokens_mask=True)",
    "one_by_one": "finesift: the proof with each row traced",
    "prep": "finesift: the proof as prep does it, by kind of conversation",
    "tokenized": "finesift: ids, masks and labels as Parquet tables (--tokenized)",
}


def main() -> None:
    if len(sys.argv) > 2:
        return work(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    rows = int(sys.argv[1]) if len(sys.argv) == 2 else 52_002
    alpaca = data_folder() / "sft" / "alpaca_data.json"
    print(f"{'':72} {'rows/s':>7} {'wall s':>7} {'CPU s':>7} {'peak MB':>8}  {'tokens':>10} {'trained':>10}")
    for way, name in WAYS.items():
        done = measure([sys.executable, __file__, way, alpaca, str(rows)])
        if done.code:
            sys.exit(f"{name}: exit code {done.code}")
        said = json.loads(done.output.splitlines()[-1])
        print(
            f"{name:72} {said['rows'] / said['wall']:7,.0f} {said['wall']:7.2f} {said['cpu']:7.2f} "
            f"{done.peak:8,.0f}  {said['tokens']:10,} {said['trained']:10,}"
        )
    return None


def work(way: str, file: Path, rows: int) -> None:
    """Reads the data, then measures what comes after."""
    from finesift.chat.conversations import conversations
    from finesift.chat.patch import patched
    from finesift.chat.proof import prove
    from finesift.chat.tokenizer import load_tokenizer
    from finesift.data import tokenizer_folder
    from finesift.read import read
    from finesift.write.tokens import tokenized

    corpus = next(read([str(file)]).batches(rows=rows))
    tokenizer = load_tokenizer()
    if way == "transformers":
        from transformers import PreTrainedTokenizerFast

        theirs = PreTrainedTokenizerFast(
            tokenizer_file=str(tokenizer_folder() / "tokenizer.json"),
            chat_template=patched(tokenizer).source,
            **tokenizer.tokens,
        )
        chats = [one.messages for one in conversations(corpus)]
    wall, cpu = time.perf_counter(), time.process_time()
    tokens = trained = 0
    if way == "transformers":
        for at in range(0, len(chats), 1_000):
            found = theirs.apply_chat_template(
                chats[at : at + 1_000], return_assistant_tokens_mask=True, return_dict=True, tokenize=True
            )
            tokens += sum(map(len, found["input_ids"]))
            trained += sum(map(sum, found["assistant_masks"]))
    elif way == "tokenized":
        for table in tokenized(corpus, tokenizer):
            labels = table["labels"].combine_chunks().flatten().to_numpy()
            tokens += len(labels)
            trained += int((labels != -100).sum())
    else:
        proof = prove(corpus, tokenizer, one_by_one=way == "one_by_one")
        tokens, trained = int(proof.rows["tokens"].sum()), int(proof.rows["trained"].sum())
    said = {"rows": corpus.examples.height, "tokens": tokens, "trained": trained}
    print(json.dumps(said | {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))


if __name__ == "__main__":
    main()
