import re
from collections.abc import Iterator

import polars as pl

from finesift.corpus import chat
from finesift.findings import Seen, examine
from finesift.match.signs import sign, signed
from finesift.registry import check
from finesift.views import answers, narrowed, text, thoughts, with_questions

# The commonest short words of a language that its neighbours do not share. Source: our own lists.
_WORDS = {
    "English": "the and of to is was that with are this from you your which what how have it for not be on or can",
    "German": "der die das und ist nicht ein eine sie ich mit auf den dem für sich auch wie wir kann werden wird zu von bei oder haben",
    "French": "le les des est une et dans pour vous que qui pas sur avec sont nous ce cette votre être au aux il elle je du",
    "Spanish": "el los las es una y en que por para con del se su al como más pero está son puede este usted lo muy puedo mi tengo hay cuando cómo cuál qué antes donde porque",
    "Italian": "il gli che di è una per con non sono della del si come più anche questo nel alla dei le lo ha può",
    "Portuguese": "os as uma não que para com em um do da dos das é são você por mais como seu sua ao pode isso está",
    "Dutch": "het een van en niet dat zijn voor met op ik je wordt ook maar aan kan deze door naar bij hebben uw worden er",
    "Polish": "się nie jest na że do to jak są w z dla czy przez po oraz który może być od tego ich ale będzie",
    "Swedish": "och att det som är en på för av med inte den till jag har om ett kan du vi eller från också så",
    "Turkish": "ve bir bu için ile da de çok daha olarak ne gibi var en olan ama mi kadar sonra her ya değil ben",
    "Indonesian": "yang dan di untuk dengan ini itu dari adalah pada tidak dalam akan anda ke dapat juga atau oleh saya sebagai lebih",
}  # fmt: skip
_SCRIPTS = {
    "Japanese": r"[\u3040-\u30ff]", "Korean": r"[\uac00-\ud7af]", "Chinese": r"[\u4e00-\u9fff]", "Russian or a neighbour": r"[\u0400-\u04ff]",
    "Arabic or a neighbour": r"[\u0600-\u06ff]", "Hindi or a neighbour": r"[\u0900-\u097f]", "Greek": r"[\u0370-\u03ff]", "Hebrew": r"[\u0590-\u05ff]", "Thai": r"[\u0e00-\u0e7f]",
}  # fmt: skip
# Letters that few neighbours use; each kind counts as two words.
_LETTERS = {
    "Spanish": "ñ¿¡",
    "German": "ß",
    "Portuguese": "ãõ",
    "Polish": "łąęśż",
    "Turkish": "ğşı",
    "Swedish": "å",
}
# What each language is called in the others, as a part of a word.
_NAMES = {
    "English": "english|englisch|anglais|inglés|inglês|inglese|engels|engelsk|angielsk|ingilizce|inggris|англий|英文|英语|英語|英譯|英译|영어|الإنجليزية",
    "German": "german|deutsch|allemand|alemán|alemão|tedesc|duits|tysk|niemieck|almanca|jerman|немец|德文|德语|德語|ドイツ語|독일어",
    "French": "french|französisch|français|francés|francês|frances|frans|fransk|francusk|fransızca|perancis|француз|法文|法语|法語|フランス語|프랑스어",
    "Spanish": "spanish|spanisch|español|espagnol|espanhol|spagnol|spaans|spansk|hiszpańsk|ispanyolca|spanyol|испан|西班牙|スペイン語|스페인어",
    "Italian": "italian|italienisch|italien|italiaans|italiensk|włosk|italyanca|итальян|意大利|イタリア語|이탈리아어",
    "Portuguese": "portug|portekizce|португал|葡萄牙|ポルトガル語|포르투갈어",
    "Dutch": "dutch|niederländisch|néerlandais|neerlandés|holand|oland|nederlands|holländ|niderlandzk|hollanda|нидерланд|荷兰|オランダ語|네덜란드어",
    "Polish": "polish|polnisch|polonais|polaco|polonês|polacco|pools|polsk|lehçe|polandia|польск|波兰|ポーランド語|폴란드어",
    "Swedish": "swedish|schwedisch|suédois|sueco|svedese|zweeds|svensk|szwedzk|isveç|swedia|шведск|瑞典|スウェーデン語|스웨덴어",
    "Turkish": "turkish|türkisch|turc|turco|turks|turkisk|tureck|türkçe|turki|турецк|土耳其|トルコ語|터키어",
    "Indonesian": "indonesi|印尼|印度尼西亚",
    "Japanese": "japan|japon|giappon|japán|японск|日文|日语|日語|日本語|일본어",
    "Korean": "korea|coréen|corean|корей|韩文|韩语|韓語|韓国語|한국어",
    "Chinese": "chin[eoi]|mandarin|cantonese|hanzi|китай|中文|汉语|漢語|中国語|중국어|普通话",
    "Russian or a neighbour": "russi|russe|ruso|ucrain|ukrain|bulgar|serb|cyrillic|русск|俄文|俄语|ロシア語|러시아어",
    "Arabic or a neighbour": "arab|persian|farsi|urdu|араб|阿拉伯|アラビア語|아랍어|العربية",
    "Hindi or a neighbour": "hindi|sanskrit|marathi|nepali|devanagari|印地|हिन्दी|हिंदी",
    "Greek": "greek|griechisch|grec|grieg|греч|希腊", "Hebrew": "hebrew|hebräisch|hébreu|hebreo|иврит|希伯来", "Thai": "thai|тайск|泰文|泰语",
}  # fmt: skip
_called = {name: re.compile(f"(?i){names}") for name, names in _NAMES.items()}
_common = {name: frozenset(words.split()) for name, words in _WORDS.items()}
# The languages of each of these words that has more than one letter.
_spoken = {
    word: [name for name, words in _common.items() if word in words]
    for word in frozenset().union(*_common.values())
    if len(word) > 1
}
# Words of the other languages as they stand in a sentence; what English names hold ("de", "la") is left out.
_ELSEWHERE = [
    f" {word} "
    for word in sorted(frozenset().union(*_common.values()) - _common["English"])
    if len(word) > 2
    and word
    not in (
        "die",
        "van",
        "den",
        "her",
        "var",
        "men",
        "dan",
        "das",
        "los",
        "las",
        "des",
        "les",
        "per",
        "come",
        "door",
    )
]
_script = {name: re.compile(pattern) for name, pattern in _SCRIPTS.items()}
_code = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+", re.DOTALL)
_letters = re.compile(r"[^\W\d_]+")
# The question names a language, asks for a translation, or quotes.
_wanted = re.compile(
    r"(?i)translat\w*|\b(?:in|into|to|auf|en|in het) (?:english|german|french|spanish|italian|portuguese|dutch|polish|swedish|turkish|indonesian|japanese|korean|chinese|mandarin|russian|arabic|hindi|greek|hebrew|thai|latin|deutsch|englisch|französisch|français|anglais|español|inglés|inglese|italiano|engels|nederlands)\b"
    r"|übersetz|tradu[cirzç]|vertaal|traduis|traduire|翻译|翻譯|翻訳|英文|英语|英語|中文|日语|日本語|перевод|перевед|번역|\blanguages?\b|\bsprache|\blangue|\bidioma|\blyrics\b|\bcode\b|\bprogram|代码|\bpython\b|\bSQL\b"
)


def language_of(said: str) -> str | None:
    """The language of a text, as far as its script and its short words show it; None where they do not."""
    words = [word.lower() for word in _letters.findall(_code.sub(" ", said[:2000]))]
    letters = sum(map(len, words))
    if letters < 12:
        return None
    joined = "".join(words)
    for name, pattern in () if joined.isascii() else _script.items():
        signs = len(pattern.findall(joined))
        # A sign says as much as three letters, so English names in Chinese do not make it English. Japanese is
        # written with Chinese characters too: a few kana decide.
        dense = 3 if name in ("Japanese", "Chinese", "Korean") else 1
        if dense * signs >= (0.2 if name == "Japanese" else 0.6) * (letters + (dense - 1) * signs):
            return name
    if len(words) < 8:
        return None
    used = {word for word in words if len(word) > 1}
    counts = dict.fromkeys(_common, 0)
    for word in words:
        for name in _spoken.get(word, ()):
            counts[name] += 1
    lower = said.lower()
    for name, letters_of in _LETTERS.items():
        counts[name] += 2 * sum(letter in lower for letter in letters_of)
    (name, most), (_, second) = sorted(counts.items(), key=lambda count: -count[1])[:2]
    if len(used & _common[name]) < 3 and most < 4:
        return None
    return name if most >= 3 and most >= 0.15 * len(words) and most >= 1.6 * second else None


def look(asked: str, answer: str, did: str) -> Iterator[Seen]:
    question, reply = language_of(asked), language_of(answer)
    if (
        question
        and reply
        and question != reply
        and not _wanted.search(asked)
        and not (_called[reply].search(asked) or _partly(asked, question, reply))
    ):
        # Many models reason in English whatever they are asked in.
        usual = did == "reasoned" and reply == "English"
        yield Seen(0.4 if usual else 0.6, f"asked in {question}, {did} in {reply}")


def _partly(asked: str, language: str, other: str) -> bool:
    """Whether a line of the question is rather in the other language: a task about a text that it quotes."""
    for line in asked.split("\n"):
        words = [word.lower() for word in _letters.findall(line)]
        ours, others = (sum(word in _common.get(name, ()) for word in words) for name in (language, other))
        if others > ours or language_of(line) == other:
            return True
    return False


_OTHER = r"[^\x00-\x{24f}\x{2000}-\x{2bff}\x{1f000}-\x{1faff}\s]"

# Its lead bytes, and the words.
_HINTS: list[str | bytes] = [
    *_ELSEWHERE,
    *(bytes([byte]) for byte in (*range(0xC9, 0xE2), *range(0xE3, 0xF5))),
    *(bytes([0xE2, byte]) for byte in range(0xB0, 0xC0)),
]
_FOREIGN = sign(*_HINTS) | sign(*_HINTS, of="asked_signs")


@check(
    flags=[
        chat(
            "¿Puedo cambiar el café de mi suscripción antes del próximo envío?",
            "You can change it right away. Open the app and choose the next delivery of the coffee.",
        ),
        chat("如何煮米饭？请告诉我具体的步骤和时间。", "First wash the rice, then add water and boil it for the time that is on the box."),
    ],
    passes=[
        chat("Translate into German: The house is on the hill.", "Das Haus ist auf dem Hügel und nicht im Tal, wie wir sehen."),
        chat("What is the capital of Peru, and how big is it?", "Lima"),
        chat("Wie sagt man das?", "That is hard to say, and it is not for me to decide which of them is right."),
    ],
)  # fmt: skip
def language(turns: pl.LazyFrame) -> pl.LazyFrame:
    """An answer is in another language than its question, and nobody asked for that.

    The model learns to change languages in the middle of a conversation. Reasoning is looked at as well (0.4 where it
    is English, as many models reason). Known by script and by short words, so a text needs about eight words to be
    judged; eleven languages in Latin letters, and nine scripts.
    """
    sides = pl.col("asked"), text
    # Two English sides, or two of one word each, are nothing to look at.
    foreign = [side.str.contains(_OTHER) | side.str.contains_any(_ELSEWHERE) for side in sides]
    turns = signed(turns)
    if "asked_signs" not in turns.collect_schema():
        turns = with_questions(turns)
    columns = ["example", "turn", "part", "asked", "asked_signs", "content", "signs"]
    said = [
        answers(turns).select(*columns, did=pl.lit("answered")),
        signed(thoughts(turns)).select(*columns, did=pl.lit("reasoned")),
    ]
    rows = narrowed(
        pl.concat(said),
        (pl.col("part") != "rejected")
        & (pl.col("asked").str.len_bytes() >= 12)
        & (text.str.len_bytes() >= 12)
        & _FOREIGN,
        foreign[0] | foreign[1],
    )
    return examine(rows, look, "asked", "content", "did")
