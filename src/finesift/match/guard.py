"""What makes two texts say different things though nearly all of their words are the same.

Each pattern is compared as the sequence of its occurrences; for texts in other words see `finesift.match.apart`.
"""

NEGATIONS = (
    r"(?i)\b(?:not|no|non|never|none|nobody|nothing|neither|nor|without|cannot|unless|except|"
    r"nicht|kein\w*|nie|ohne|pas|jamais|sans|aucune?|nunca|sin|não|nem|sem|senza|mai|niet|geen|zonder|не|нет|без|"
    r"ні|nie|bez|ikke|inte|aldrig|ei)\b|\b\w+n['’]t\b|[不没沒无無非未]|ない|ません|なかった"
)
OPPOSITES = (
    r"(?i)\b(?:in?correct|(?:un)?true|false|wrong|right|left|more|less|fewer|before|after|above|below|"
    r"min(?:imum)?|max(?:imum)?|increas\w*|decreas\w*|(?:high|low|great|small|larg|long|short|earli|lat)(?:er|est)|"
    r"first|last|even|odd|ascending|descending|always|rarely|add(?:s|ed|ition)?|subtract\w*|multipl\w+|divi[ds]\w+|"
    r"(?:en|de)(?:cod|crypt)\w*|(?:im|ex)port\w*|(?:up|down)load\w*)\b"
)
# Numbers and units in words; "one", "second" and their like in other languages say too many other things.
NUMBERS = r"[-−+]?[$€£¥]?\d(?:[\d.,:/^×*=<>+−-]*\d)?\s?(?:[%°‰]|[\p{L}µ/²³]+)?|[½¼¾]"
NUMBER_WORDS = (
    r"(?i)\b(?:zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen(?:th)?|(?:twen|thir|for|fif|six|seven|"
    r"eigh|nine)t(?:y|ieth)(?:-\w+)?|hundreds?|thousands?|[mb]illion(?:s|en)?|dozens?|half|halves|quarters?|third|fourth|"
    r"fifth|sixth|seventh|eighth|ninth|tenth|twice|double|triple|thrice|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|"
    r"elf|zwölf|hundert|tausend|deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|vingt|trente|cent|mille|dos|tres|"
    r"cuatro|cinco|seis|siete|ocho|nueve|diez|veinte|treinta|cien|mil|due|tre|quattro|cinque|sette|otto|nove|dieci|"
    r"d(?:oi|ua)s|três|quatro|sete|oito|dez)\b|[二三四五六七八九十百千万萬亿億两兩]"
)
UNITS = (
    r"(?i)\b(?:(?:kilo|mega|giga|tera|milli|micro|nano|centi)\w+|(?:second|minute|hour|day|week|month|year|decade|gram|"
    r"tonne|pound|ounce|yard|mile|met(?:er|re)|lit(?:er|re)|gallon|watt|volt|amp|degree|dollar|euro|byte|bit)s?|"
    r"cent(?:ury|uries)|inch(?:es)?|f(?:oo|ee)t|hertz|celsius|fahrenheit|kelvin|percent)\b"
)
IDENTIFIERS = r"\w*[_@\\]\w[\w.@\\/-]*|\w+(?:[./]\w+)+|\p{Ll}\w*\p{Lu}\w*|https?://\S+"
OPERATORS = r"\s(?:[-+*/=<>^%&|!~]{1,3}|[×÷≤≥≠≈→])\s"
# A capital at the beginning of a sentence, a line or a quotation says nothing; elsewhere it is a name.
OPENING = r"(?:^|[.!?…:;\n\"“”‘’'«»()\[\]*#>|-])[\s\"“”'(*_-]*\p{Lu}"
NAMES = r"\p{Lu}[\p{L}\p{M}’'-]+"
