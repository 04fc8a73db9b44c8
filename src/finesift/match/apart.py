"""What two texts differ in whatever their wording: numbers, units, negations, names, code, ends of one scale.

Each is a set, spelled one way: "a dozen" is 12, "don't use" is "without". Where a word may be there or not without any
difference, nothing is seen; so what is seen is meant to be sure, and what is not seen proves nothing.
"""

from __future__ import annotations

import re
from functools import reduce

import polars as pl

from finesift.match.guard import IDENTIFIERS, NAMES, OPENING

# In other words, the same number, unit or "not" may be spelled otherwise.
_VALUES = {
    "zero": "0", "two": "2", "twice": "2", "double": "2", "both": "2", "couple": "2", "three": "3", "triple": "3",
    "thrice": "3", "third": "3", "four": "4", "fourth": "4", "five": "5", "fifth": "5", "six": "6", "sixth": "6",
    "seven": "7", "seventh": "7", "eight": "8", "eighth": "8", "nine": "9", "ninth": "9", "ten": "10", "tenth": "10",
    "eleven": "11", "twelve": "12", "dozen": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16",
    "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20", "thirty": "30", "forty": "40",
    "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90", "hundred": "100",
    "thousand": "1000", "million": "1000000", "billion": "1000000000", "half": "0.5", "halves": "0.5",
    "½": "0.5", "quarter": "0.25", "¼": "0.25", "¾": "0.75",
}  # fmt: skip
# In other languages from 2 on, where English has no such word: "due", "dos", "elf", "cent" and "mil" are left out.
_FOREIGN = """
    zwei deux dois duas twee | drei trois tres três drie | vier quatre cuatro quattro quatro |
    fünf fuenf cinq cinco cinque vijf | sechs seis zes | sieben siete sette sete zeven | acht huit ocho oito |
    neun neuf nueve negen | zehn diez dieci dez tien
"""
_VALUES |= {word: str(value) for value, words in enumerate(_FOREIGN.split("|"), 2) for word in words.split()}
_VALUES |= {
    "zwölf": "12",
    "douze": "12",
    "doce": "12",
    "dodici": "12",
    "zwanzig": "20",
    "vingt": "20",
    "veinte": "20",
}
_VALUES |= {"venti": "20", "vinte": "20", "dreißig": "30", "trente": "30", "treinta": "30", "trenta": "30"}
_VALUES |= {
    "hundert": "100",
    "cien": "100",
    "tausend": "1000",
    "mille": "1000",
    "moitié": "0.5",
    "hälfte": "0.5",
}
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_ONES = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_VALUES = {
    f"{ten}-{one}": str(tens + ones) for ten, tens in _TENS.items() for one, ones in _ONES.items()
} | _VALUES
_VALUE = rf"\d+(?:[.,:/]\d+)*|[½¼¾]|\b(?:{'|'.join(word for word in _VALUES if word[0].isalpha())})s?\b"
# A unit by the first of its spellings; a number may stand before it without a space.
_UNITS = """
    km kms kilometre kilometres kilometer kilometers | metre metres meter meters | yard yards | mile miles
    cm centimetre centimetres centimeter centimeters | mm millimetre millimetres millimeter millimeters
    foot feet ft | inch inches | kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes | gram grams
    mg milligram milligrams | pound pounds lb lbs | ounce ounces oz | tonne tonnes ton tons | gallon gallons
    litre litres liter liters | ml millilitre millilitres milliliter milliliters
    second seconds sec secs | minute minutes min mins | hour hours hr hrs | day days | week weeks | month months
    year years | decade decades | century centuries | celsius °c centigrade | fahrenheit °f | kelvin
    dollar dollars usd $ | euro euros eur € | gbp £ | yen jpy ¥ | percent % | byte bytes | kb kilobyte kilobytes
    mb megabyte megabytes | gb gigabyte gigabytes | tb terabyte terabytes | watt watts | kw kilowatt kilowatts
    volt volts | amp amps ampere amperes | hz hertz
    word words | sentence sentences | paragraph paragraphs | line lines
"""
_UNIT_SPELLINGS = {
    spelling: kinds.split()[0]
    for line in _UNITS.strip().splitlines()
    for kinds in line.split("|")
    for spelling in kinds.split()
}
_UNIT = "|".join(sorted(map(re.escape, _UNIT_SPELLINGS), key=len, reverse=True))
_FREE = rf"(?:\b|\d)(?:{_UNIT})(?:\W|$)|[$€£¥]"
_COUNTED = rf"(?:\d|\b(?:{'|'.join(_VALUES)}))[\s-]?(?:{_UNIT})(?:\W|$)|[$€£¥]\s?\d"
# What asks politely in the negative asks nothing else, and some pairs of words with a "not" are words without.
_POLITE = (
    r"(?i)\b(?:can|could|would|will|wo|do|does|did|is|are|why do|have|has)n['’]t (?:you|we|there|it|i)\b"
)
_AT_MOST = (
    r"(?i)\b(?:no|not) (?:more|longer|later|greater|higher) than\b|\b(?:no|not) (?:less|fewer|earlier) than\b"
)
_EXCLUDED = (
    r"(?i)\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|unless|except|excluding|avoid\w*|refrain\w*|"
    r"nicht|kein\w*|ohne|pas|jamais|sans|aucune?|nunca|sin|não|nem|sem|senza|mai|niet|geen|zonder|"
    r"lack\w*|prevent\w*|keeps? (?:\w+ ){1,4}from|free of|unable)\b|\b\w+n['’]t\b"
)
# What is denied stands behind the word that denies it.
_DENIED = rf"(?:{_EXCLUDED})(?:\W+\w+){{1,3}}"
# What is counted stands behind the number.
_COUNT = r"\d[\d.,]*\W{1,3}\p{L}+"
# What begins a sentence is a name, or as good as one, where it does or is something.
_SUBJECT = (
    r"(?:^|[.!?:\n\"“])\s*\p{Lu}[\p{L}\p{M}]+(?:['’]s\b| and \p{Lu}\p{L}+| (?:is|was|has|had|went|bought|made|sold|got|"
    r"took|gave|rode|ate|\p{Ll}+ed|wants|needs|gets|makes|buys|sells|eats|takes|decides|earns|works|lives|owns|spends|runs|walks|"
    r"drives|gives|plays|reads|pays|saves)\b)"
)
_NO_NAME = (
    r"(?:^|[.!?:\n\"“])\s*(?:What|Who|Which|How|Why|When|Where|Whose|That|This|These|Those|There|It|He|She|They|We|You|I|The|"
    r"One|Each|Every|All|If|In|On|At|My|His|Her|Their|Our|Your|Everyone|Someone|Nobody|Something|Nothing|Here|Let)\b"
)
# Words at the two ends of one scale. Texts differ where both speak of it and one names an end that the other does not.
_SCALES = [
    tuple(line.strip().split(" / "))
    for line in r"""
    maxim\w*|(?:larg|bigg|high|great|tall|long)est|most|upper / minim\w*|(?:small|low|short)est|least|fewest|lower
    more|(?:great|high|larg|bigg|long)er|above|over|exceed\w* / less|fewer|(?:small|low|short)er|below|under
    increas\w*|ris(?:e|es|ing)|grow\w* / decreas\w*|reduc\w*|fall(?:s|ing)?|shrink\w*
    earliest / latest
    ascending / descending
    odd / even
    left / right
    before|prior|earlier / after|later|following
    old\w* / new\w*|young\w*
    first|beginning|starts?|begin / last|ends?|final
    north\w* / south\w*
    east\w* / west\w*
    encod\w* / decod\w*
    encrypt\w* / decrypt\w*
    import\w* / export\w*
    upload\w* / download\w*
    true / false
    correct\w*|right / incorrect\w*|wrong
    always / never|rarely
    advantages?|benefits?|pros|upsides?|strengths? / disadvantages?|drawbacks?|cons|downsides?|weakness\w*
    positive / negative
    formal / informal|casual
    buy\w*|purchas\w* / sell\w*
    wins?|winning / los(?:e|es|ing)
    add\w*|sum|plus / subtract\w*|minus|difference
    multipl\w*|product / divi[ds]\w*|quotient
    hot\w*|warm\w*|boil\w*|heat\w* / cold\w*|cool\w*|freez\w*
    open\w* / clos\w*|shut\w*
    accept\w* / declin\w*|reject\w*|refus\w*
    men|man|male|husband|father|boys? / wom[ae]n|female|wife|mother|girls?
    morning / evening|night
    summer / winter
    spring / autumn|fall
    synonyms? / antonyms?
    past / future
    hard / soft|easy
    approv\w* / reject\w*
    who|whom|whose / when|(?:what|which) (?:year|date|day)
    who|whom|whose / why|reasons?|causes?
    when|(?:what|which) (?:year|date|day) / where
    symptoms?|signs? / causes?|treatments?|cures?
    sav(?:e|es|ing) / spend\w*
    insert\w*|creat\w* / delet\w*|remov\w*
    lists? / delet\w*
    lock\w* / unlock\w*
    active / passive
    größ?te[nrsm]?|höchste\w*|längste\w*|meisten / kleinste\w*|niedrigste\w*|kürzeste\w*|wenigsten
    plus (?:grand|haut|long|élevé)\w* / plus (?:petit|bas|court)\w*
    mayor|mayores|máxim\w*|maggior\w*|massim\w*|maior|maiores / menor|menores|mínim\w*|minor[ei]|minim[oaie]
    mehr / weniger
    plus|más|mais|più / moins|menos|meno
    vor|vorher|avant|antes|prima / nach|nachher|après|después|depois|dopo
    erste\w*|premi(?:er|ère)s?|primer\w*|prim[oaie]|primeir\w* / letzte\w*|derni(?:er|ère)s?|últim\w*|ultim[oaie]
    aufsteigend\w*|croissante?|ascendente|crescente / absteigend\w*|décroissante?|descendente|decrescente
    wahr|richtig\w*|vrai\w*|verdader\w*|ver[oa] / falsch\w*|faux|fausses?|fals[oa]s?
    links|gauche|izquierd\w*|sinistr\w*|esquerd\w* / rechts|droite|derech\w*|destr\w*|direit\w*
    vorteile?|avantages?|ventajas?|vantaggi\w*|vantage\w* / nachteile?|inconvénients?|desventajas?|svantaggi\w*
""".strip().splitlines()
]
_DAYS = (
    r"(?i)\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|june|july|august|"
    r"september|october|november|december|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|januar|"
    r"februar|märz|juni|juli|oktober|dezember|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|janvier|février|avril|"
    r"juin|juillet|août|septembre|octobre|novembre|décembre|lunes|martes|miércoles|jueves|viernes|sábado|domingo|enero|"
    r"febrero|marzo|abril|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|lunedì|martedì|mercoledì|giovedì|"
    r"venerdì|sabato|domenica|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|"
    r"(?:segunda|terça|quarta|quinta|sexta)-feira|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|"
    r"dezembro|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|januari|februari|maart|augustus)\b"
)
# "Celsius to Fahrenheit" is not "Fahrenheit to Celsius".
_TO = r"(\w+) (?:in)?to (?:an? |the )?(\w+)"
# What is called by one letter (a vitamin, a variable, a choice) or stands between signs of its own.
_LETTER, _CLITIC = r"\b[b-hj-z]\b", r"['’]\p{L}+"
_QUOTED = r"`[^`\n]{1,60}`|\"[^\"\n]{1,60}\"|“[^”\n]{1,60}”|«[^»\n]{1,60}»"
# Words and numbers in their order, for what stands between the same neighbours.
_NOT, _ORDERED = r"(?:n['’]t|\bcannot)\b", r"\d+(?:[.,:/]\d+)*|[\p{L}\p{M}_]+"
_WORDS = r"[\p{L}\p{M}\p{N}_]+"
# The beginning of each word, as `_stem` cuts it.
_STEMS = r"\b\w{1,6}"
_CODE = r"\p{L}+\([^()\s]*\)|[=<>!+\-*/]=|\+\+|--|&&|\|\||==+|->|=>|[<>]"


def said(text: pl.Expr) -> dict[str, pl.Expr]:
    """What `apart` compares, of each text, by name: sorted lists of what is said, spelled one way."""
    plain = text.str.replace_all(_POLITE, " ").str.replace_all(_AT_MOST, " ")
    lower = text.str.to_lowercase()
    values = lower.str.extract_all(_VALUE).list.eval(
        pl.element()
        .str.replace_all(r"(\d),(\d{3})\b", "$1$2")
        .str.replace(r"^(\p{L}{3,})s$", "$1")
        .replace(_VALUES)
    )
    counts = lower.str.extract_all(_COUNT).list.eval(
        pl.element()
        .str.replace_all(",", "")
        .str.replace(r"^(\d[\d.,]*?)[.,]?\W+(\p{L}{1,5})\p{L}*$", "$1 $2")
    )
    named = text.str.replace_all(OPENING, " ").str.extract_all(NAMES)
    subjects = text.str.extract_all(_SUBJECT).list.eval(
        pl.element().str.extract(r"(\p{Lu}[\p{L}\p{M}]+)").filter(~pl.element().str.contains(_NO_NAME))
    )
    directions = lower.str.extract_all(_TO)
    return {
        # One is what any "a" may say.
        "a number": values.list.filter(pl.element() != "1").list.sort(),
        "counts": _distinct(counts),
        "counted": _distinct(counts.list.eval(pl.element().str.extract(r"(\p{L}+)$"))),
        "a unit": _units(lower.str.extract_all(_FREE)),
        "counted units": _units(lower.str.extract_all(_COUNTED)),
        "a negation": plain.str.count_matches(_EXCLUDED),
        "denied": _distinct(
            plain.str.to_lowercase()
            .str.extract_all(_DENIED)
            .list.join(" ")
            .str.replace_all(_EXCLUDED, " ")
            .str.extract_all(_WORDS)
            .list.eval(_stem())
        ),
        **_neighbours(plain),
        "a letter": _distinct(lower.str.replace_all(_CLITIC, "").str.extract_all(_LETTER)),
        "what is quoted": _distinct(
            lower.str.extract_all(_QUOTED).list.eval(pl.element().str.strip_chars("`\"“”«»., "))
        ),
        "an opposite": pl.concat_list(_ends(lower)),
        "a name": _distinct(pl.concat_list(named, subjects).list.eval(_stem())),
        "a day": _distinct(lower.str.extract_all(_DAYS)),
        "an identifier": _distinct(text.str.extract_all(IDENTIFIERS).list.eval(pl.element().str.to_lowercase())),
        "code": _distinct(text.str.extract_all(_CODE)),
        "to": _distinct(directions.list.eval(pl.element().str.replace(_TO, "$1 $2"))),
        "from": _distinct(directions.list.eval(pl.element().str.replace(_TO, "$2 $1"))),
        "words": _distinct(lower.str.extract_all(_STEMS)),
    }  # fmt: skip


def _neighbours(plain: pl.Expr) -> dict[str, pl.Expr]:
    """What stands around each number and each "not", and which words stand together."""
    ordered = (
        plain.str.to_lowercase()
        .str.replace_all(_NOT, " not")
        .str.replace_all(r"(\d),(\d{3})\b", "$1$2")
        .str.extract_all(_ORDERED)
    )
    before, here, after = pl.element().shift(1), pl.element().replace(_VALUES), pl.element().shift(-1)
    number, frame = here.str.contains(r"^\d"), before + " " + after
    return {
        "frames": _distinct(ordered.list.eval(frame.filter(number)).list.drop_nulls()),
        "filled": _distinct(ordered.list.eval((frame + "=" + here).filter(number)).list.drop_nulls()),
        # One word before may stand before a "not" and elsewhere without: two tell these apart.
        "denying": _distinct(
            pl.concat_list(
                ordered.list.eval(words.filter(here == "not")).list.drop_nulls()
                for words in (frame, pl.element().shift(2) + " " + frame)
            )
        ),
        "together": _distinct(
            pl.concat_list(
                ordered.list.eval(words).list.drop_nulls()
                for words in (pl.element() + " " + after, before + " " + pl.element() + " " + after)
            )
        ),
    }


def apart(suffix: str = " of other") -> pl.Expr:
    """The first thing in which two texts differ, whatever their wording, as text; null: nothing was seen.

    For frames with the columns of `said`, and again with `suffix`.
    """

    def other(name: str) -> pl.Expr:
        return pl.col(f"{name}{suffix}")

    # What begins a sentence here may be a name there: it is looked for among all words.
    unnamed = _lacks(pl.col("a name"), other("words")) | _lacks(other("a name"), pl.col("words"))
    differs = {
        "a number": (pl.col("a number") != other("a number"))
        | (_shared("counts", suffix) < _shared("counted", suffix))
        | (_shared("filled", suffix) < _shared("frames", suffix))
        | _swapped(suffix),
        # "In which year" asks no more than "when" does, unless years are counted.
        "a unit": (pl.col("counted units") != other("counted units"))
        | (
            (pl.col("a unit").list.len() > 0)
            & (other("a unit").list.len() > 0)
            & (pl.col("a unit") != other("a unit"))
        ),
        "a negation": (pl.col("a negation") != other("a negation"))
        | _denied("denied", suffix)
        | _bare(pl.col("denying"), other("denying"), other("together"))
        | _bare(other("denying"), pl.col("denying"), pl.col("together")),
        "an opposite": _opposed("an opposite", suffix),
        "a name": unnamed,
        "a direction": pl.col("to").list.set_intersection(other("from")).list.len() > 0,
        "a day": pl.col("a day") != other("a day"),
        "an identifier": pl.col("an identifier") != other("an identifier"),
        "code": pl.col("code") != other("code"),
        **{
            name: _both(name, suffix) & (pl.col(name) != other(name))
            for name in ("a letter", "what is quoted")
        },
    }
    return pl.coalesce([pl.when(found).then(pl.lit(name)) for name, found in differs.items()])


def _distinct(values: pl.Expr) -> pl.Expr:
    return values.list.unique().list.sort()


def _stem() -> pl.Expr:
    """So many letters of a name count that Germany is named by "German", and Austria not by "Australia"."""
    return pl.element().str.to_lowercase().str.slice(0, 6).str.replace(r"['’]s?$", "")


def _units(found: pl.Expr) -> pl.Expr:
    letters = pl.element().str.extract(rf"({_UNIT}|[$€£¥])\W*\d?$")
    return _distinct(found.list.eval(letters.replace(_UNIT_SPELLINGS)).list.drop_nulls())


def _lacks(some: pl.Expr, all_: pl.Expr) -> pl.Expr:
    return some.list.set_difference(all_).list.len() > 0


def _shared(name: str, suffix: str) -> pl.Expr:
    return pl.col(name).list.set_intersection(pl.col(f"{name}{suffix}")).list.len()


def _swapped(suffix: str) -> pl.Expr:
    """Whether numbers have changed places: either text has one in a frame of the other, which has it elsewhere."""
    here, there = ("filled", f"filled{suffix}"), (f"frames{suffix}", "frames")
    return reduce(
        pl.Expr.__and__,
        (
            pl.col(mine)
            .list.set_difference(pl.col(yours))
            .list.eval(pl.element().str.replace(r"=[^=]*$", ""))
            .list.set_intersection(pl.col(frames))
            .list.len()
            > 0
            for mine, yours, frames in zip(here, here[::-1], there, strict=True)
        ),
    )


def _both(name: str, suffix: str) -> pl.Expr:
    return (pl.col(name).list.len() > 0) & (pl.col(f"{name}{suffix}").list.len() > 0)


def _bare(denying: pl.Expr, denied: pl.Expr, together: pl.Expr) -> pl.Expr:
    """Whether what a "not" stands between here stands together there, where none does."""
    return denying.list.set_difference(denied).list.set_intersection(together).list.len() > 0


def _denied(name: str, suffix: str) -> pl.Expr:
    """Whether both deny something, and hardly the same: "no loops" is "without loops", and not "no lists"."""
    least = pl.min_horizontal(pl.col(name).list.len(), pl.col(f"{name}{suffix}").list.len())
    return (least > 0) & (_shared(name, suffix) < 0.4 * least)


def _ends(lower: pl.Expr) -> list[pl.Expr]:
    """For each scale: 0 not spoken of, 1 one end, 2 the other, 3 both."""
    return [
        lower.str.contains(rf"\b(?:{high})\b").cast(pl.UInt8)
        + 2 * lower.str.contains(rf"\b(?:{low})\b").cast(pl.UInt8)
        for high, low in _SCALES
    ]


def _opposed(name: str, suffix: str) -> pl.Expr:
    here, there = pl.col(name), pl.col(f"{name}{suffix}")

    def differs(n: int) -> pl.Expr:
        a, b = here.list.get(n), there.list.get(n)
        return (a > 0) & (b > 0) & (a != b)

    return reduce(pl.Expr.__or__, (differs(n) for n in range(len(_SCALES))))
