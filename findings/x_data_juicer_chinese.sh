#!/usr/bin/env bash
# Guess: with its defaults, data-juicer's MinHash deduplicator keeps texts that have nothing in common.
# Seen: texts of fewer than five words between spaces are all duplicates of one another. So are all Chinese texts, however
# long: the first stays, the others are removed, with English rows among them.
. "$(dirname "$0")/packages.bash"
packages datasets==5.2.0 numpy==2.3.5 scipy==1.17.1 regex==2026.11.19 loguru==0.7.3 tqdm==4.70.1 pydantic==2.14.4 jsonargparse==4.49.0 pillow==13.0.0 ray==2.60.0 pandas==3.1.1 tomli==2.5.0 zstandard==0.25.0 wget==3.2 beautifulsoup4==4.15.0 emoji==2.16.0 psutil==7.2.2 aiohttp==3.14.5 httpx==0.28.1 tabulate==0.10.0 requests==2.34.2
alone py-data-juicer==1.6.1
cd "$folder"
python -  <<'PY'
from data_juicer.ops.deduplicator.document_minhash_deduplicator import DocumentMinhashDeduplicator
from datasets import Dataset

texts = [
    "写一首关于橡树和枫树的诗，要押韵，要有四行，每行七个字。", "二加二等于多少？", "请把下面的句子翻译成法语：我昨天去了公园。",
    "Name a tree.", "How many legs does a spider have?",
]
operator = DocumentMinhashDeduplicator()
kept = operator.process(Dataset.from_list([{"text": text} for text in texts]).map(operator.compute_hash))[0]["text"][:]
print(kept)
assert kept == [texts[0], texts[4]]
PY
