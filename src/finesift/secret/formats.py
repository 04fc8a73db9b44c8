"""What a secret looks like: keys, cards and accounts, people's addresses and numbers, by form and check digit."""

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from finesift.match.signs import sign
from finesift.views import text

# Key formats that their issuers publish, so that scanners can find them.
_KEYS = {
    "an AWS access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{82}\b",
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "an Anthropic key": r"\bsk-ant-[A-Za-z0-9_-]{24,}",
    "an OpenAI key": r"\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]*[A-Za-z0-9]{20,}\b",
    "a Google key": r"\bAIza[A-Za-z0-9_-]{35}\b",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b",
    "a Hugging Face token": r"\bhf_[A-Za-z]{34}\b",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}\b",
    "a SendGrid key": r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b",
    "a live key": r"\b[a-z]{2,8}_live_[A-Za-z0-9]{16,}\b",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a signed token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a password in an address": r"\b[a-z][a-z0-9+]{2,12}://[^\s/:@'\"<>{}$]{1,40}:(?P<value>[^\s/:@'\"<>{}$]{3,60})@[\w.-]+",
}
_CARD = r"\b(?:\d[ -]?){12,18}\d\b"
_IBAN = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
_MAIL = r"\b[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}\b"
_PHONE = r"(?:\+\d{1,3}[ .-]?(?:\(0?\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){6,12}\b|\(\d{3}\) ?\d{3}-\d{4}\b|\b\d{3}-\d{3}-\d{4}\b)"
_BORN = r"(?i)\b(?:born(?: on)?|date of birth|dob|geboren(?: am)?|née? le|nacid[oa] el)[: ]{1,3}\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d\b|\bpassport(?: no\.?| number)?[: ]{1,3}[A-Z]{1,2}\d{6,8}\b"
# Said to be one, so that any form will do: a password, the secret half of an AWS key, a number in national form.
_TOLD = {
    "an AWS secret": r"(?i)\baws_?secret(?:_?access)?(?:_?key)?\b[\s\"':=]{1,6}(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])",
    "a password": r"(?i)\b(?:password|passwd|pwd|passphrase|passwort|kennwort|mot de passe|contraseña|wachtwoord)\b[\"']?\s?(?:is|ist|=|:|es|est)\s?[\"']?(?P<value>(?=[^\s\"'<>(){}\[\]$*]*\d)(?=[^\s\"'<>(){}\[\]$*]*[A-Za-z])[^\s\"'<>(){}\[\]$*]{8,64})",
    "a phone number": r"(?i)\b(?:phone|tel|telephone|mobile|cell|telefon\w*|handy\w*|rufnummer|gsm|portable|móvil|teléfono)\b[^\d\n]{0,20}(?P<value>0\d(?:[ ()./-]?\d){7,11})\b",
}
_SSN = r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b"
# A row is looked at that holds one of the formats' marks, an @, or nine digits and signs in a row.
_HOLDS = {
    "an AWS access key": ["AKIA", "ASIA"],
    "a GitHub token": ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    "an npm token": ["npm_"],
    "an Anthropic key": ["sk-"],
    "an OpenAI key": ["sk-"],
    "a Google key": ["AIza"],
    "a Slack token": ["xox"],
    "a Hugging Face token": ["hf_"],
    "a GitLab token": ["glpat-"],
    "a SendGrid key": ["SG."],
    "a live key": ["_live_"],
    "a private key": ["PRIVATE KEY"],
    "a signed token": ["eyJ"],
    "a password in an address": ["://"],
}
_SAID = ("password", "passwd", "pwd", "passphrase", "passwort", "kennwort", "mot de passe", "contraseña", "wachtwoord", "secret")  # fmt: skip
# In any case of ASCII's letters; others count as written.
_PASSWORDS = [*_SAID, "contraseÑa"]
_PASSPORTS = ["passport", "Passport"]
_MARKS = [*(mark for marks in _HOLDS.values() for mark in marks), "@", *_PASSPORTS, *_PASSWORDS]
_MARKED = sign(*_MARKS)
_DIGITS = r"[0-9][0-9 ().\-/]{7,}[0-9]"
# The formats once more, without what only Python's expressions can say: what fits none of these fits none of those.
_NUMBER = r"[0-9][0-9 ().\-/]{6,}[0-9]"
_ACCOUNT = r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2}"
_NUMBERS = (
    r"[0-9](?:[ -]?[0-9]){12}|[0-9]{3}-[0-9]{2}-[0-9]{4}|\+[0-9]{1,3}[ .-]?(?:\(0?[0-9]{1,4}\)[ .-]?)?[0-9](?:[ .-]?[0-9]){6}"
    r"|\([0-9]{3}\) ?[0-9]{3}-[0-9]{4}|[0-9]{3}-[0-9]{3}-[0-9]{4}|(?i:phone|tel|mobile|cell|handy|rufnummer|gsm|portable|m[óÓ]vil)[^0-9\n]{0,40}0[0-9](?:[ ()./-]?[0-9]){7}"
)
_ADDRESS = r"[A-Za-z0-9][\w.+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2}"
_TOLD_LOOSELY = r"(?i)(?:password|passwd|pwd|passphrase|passwort|kennwort|mot de passe|contraseña|wachtwoord)[\"']?\s?(?:is|ist|=|:|es|est)\s?[\"']?[^\s\"'<>(){}\[\]$*]{8}|aws_?secret"

_keys = {name: re.compile(pattern) for name, pattern in (_KEYS | _TOLD).items()}
_card, _iban, _mail, _ssn, _born = (re.compile(p) for p in (_CARD, _IBAN, _MAIL, _SSN, _BORN))
# Not the middle of a sum or of a decimal fraction.
_phone = re.compile(rf"(?<![\w.)+]){_PHONE}")
# Mailboxes of offices, and domains kept for documentation (RFC 2606).
_office = re.compile(
    r"(?i)^(?:info|support|help|contact|sales|office|admin|care|service|customer[\w.]*|hello|hr|jobs|careers|press|media|team|mail|no-?reply|feedback|billing|orders?|privacy|security|webmaster|postmaster|abuse|marketing|git)@"
    r"|@(?:[\w-]+\.)*(?:example|test|invalid|localhost)\.(?:com|org|net|[a-z]{2,8})$|\.(?:example|test|invalid|localhost)$|\.(?:gov|mil)$"
)
# Names that stand for anybody.
_nobody = re.compile(
    r"(?i)^(?:user(?:name)?\d*|name|you(?:r\w*)?|my\w*|someone|email|first\w*|john\.?doe|jane\.?doe|test\w*|example|abc|xyz|foo|bar)@|@(?:[\w-]+\.)*(?:domain|email|yourcompany|company|website|mail|abc|xyz)\.(?:com|org|net|[a-z]{2,8})$|^\w@|^x{2,}\w*@|^y{2,}@|^j\w{0,4}[._]?doe"
)
# A number that a business gives to everybody.
_public = re.compile(
    r"(?i)\b(?:call|contact|reach|ring|phone|text|visit|fax|e-?mail) us\b|\b(?:fax|hotline|help ?line|customer (?:service|care|support)|reception|front desk|toll[- ]free|box office|switchboard)\b"
)
# Numbers that issuers publish for tests and in their documentation: nobody's. Sources: Stripe, Adyen, SWIFT.
_PUBLISHED = {
    *("4242424242424242", "4111111111111111", "4000056655665556", "5555555555554444", "5200828282828210"),
    *("5105105105105100", "378282246310005", "371449635398431", "6011111111111117", "6011000990139424"),
    *("30569309025904", "38520000023237", "3530111333300000", "3566002020360505", "6200000000000005"),
    *("DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606"),
    *("NL91ABNA0417164300", "BE68539007547034", "ES9121000418450200051332", "CH9300762011623852957"),
}
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Lengths by country, of the commonest. Source: SWIFT, IBAN Registry.
_IBAN_LENGTH = {"AT": 20, "BE": 16, "CH": 21, "CZ": 24, "DE": 22, "DK": 18, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HU": 28, "IE": 22, "IT": 27, "LU": 20, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "TR": 26, "SA": 24, "AE": 23}  # fmt: skip


def luhn(digits: str) -> bool:
    """Whether the last digit fits the others. Source: ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def is_card(found: str) -> bool:
    """By issuer, length and check digit; in groups, as cards are written, or in one piece."""
    if re.search(r"[ -]", found) and not re.fullmatch(
        r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5}", found
    ):
        return False
    digits = re.sub(r"\D", "", found)
    issued = re.match(r"4|5[1-5]|2[2-7]|3[47]|6(?:011|5|4[4-9])|35|30[0-5]|3[68]", digits)
    lengths = {"3": (14, 15, 16)}.get(digits[0], (16, 19))
    return bool(issued) and len(digits) in lengths and len(set(digits)) > 1 and luhn(digits)


def is_iban(found: str) -> bool:
    """Length and check digits. Source: ISO 13616, ISO 7064 (mod 97-10)."""
    account = found.replace(" ", "")
    if len(account) != _IBAN_LENGTH.get(account[:2], 0):
        return False
    return int("".join(str(int(sign, 36)) for sign in account[4:] + account[:4])) % 97 == 1


def has_checksum(token: str) -> bool:
    """GitHub's and npm's tokens end in the CRC-32 of the rest, six digits of base 62.

    Source: GitHub 2021, "Behind GitHub's new authentication token formats".
    """
    body, given = token.split("_", 1)[1][:-6], token[-6:]
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in given:
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    return digits == given


class Secret(NamedTuple):
    """A secret in a text. Characters, not bytes.

    kind: one of KINDS. name: in words. score: 0 to 1, how sure it is that it is one. value: where the secret itself
    stands, without the words that told of it.
    """

    kind: str
    name: str
    score: float
    start: int
    end: int
    value: tuple[int, int]


#: By what a recipe names them, what they are.
KINDS = {
    "key": "keys and tokens of services",
    "password": "passwords, also in addresses",
    "card": "card numbers",
    "iban": "bank accounts",
    "ssn": "US social security numbers",
    "email": "people's e-mail addresses",
    "phone": "people's phone numbers",
    "birth": "dates of birth and passport numbers",
}
_KIND_OF = {"a password": "password", "a password in an address": "password", "a phone number": "phone"}


_digit = re.compile(r"\d")


def found_in(content: str, *, anyone: bool = False) -> Iterator[Secret]:
    """All secrets of a text, none within another. anyone: also addresses that look made up, such as jane.doe@….com."""
    taken: list[tuple[int, int]] = []

    def new(found: re.Match[str]) -> bool:
        if any(start < found.end() and found.start() < end for start, end in taken):
            return False
        taken.append(found.span())
        return True

    for name, pattern in _keys.items():
        if name in _HOLDS and not any(mark in content for mark in _HOLDS[name]):
            continue
        for found in pattern.finditer(content):
            if not new(found) or (name == "a phone number" and not _rings(found[0])):
                continue
            yield Secret(
                _KIND_OF.get(name, "key"), name, _sure(name, found[0]), *found.span(), _value(name, found)
            )
    numbered = _digit.search(content) is not None
    for kind, pattern, fits, name, sure in (
        ("iban", _iban, is_iban, "a bank account (IBAN)", 0.8),
        ("card", _card, is_card, "a card number", 0.8),
        ("ssn", _ssn, _written, "what looks like a US social security number", 0.5),
        ("email", _mail, _of_no_office if anyone else _of_a_person, "an e-mail address", 0.5),
        ("phone", _phone, _rings, "a phone number", 0.5),
        ("birth", _born, _written, "a date of birth or a passport number", 0.5),
    ):
        # Most texts that hold one kind hold no other, and to see that is cheaper than to look for it.
        if ("@" not in content) if kind == "email" else not numbered:
            continue
        for found in pattern.finditer(content):
            if kind == "phone" and _public.search(content[max(0, found.start() - 40) : found.start()]):
                continue
            if fits(found[0]) and content[found.start() - 1 : found.start()] not in (".", ",") and new(found):
                known = kind in ("card", "iban") and re.sub(r"[ -]", "", found[0]) in _PUBLISHED
                yield Secret(kind, name, 0.5 if known else sure, *found.span(), _value(name, found))


def _sure(name: str, found: str) -> float:
    if name in ("a password", "a phone number"):
        return 0.5
    if name in ("a GitHub token", "an npm token") and not found.startswith("github_pat_"):
        return 0.95 if has_checksum(found) else 0.5
    if name in ("an OpenAI key", "a password in an address") and not re.search(r"\d", found):
        return 0.3
    # Amazon's documentation marks its own.
    return 0.5 if name == "an AWS access key" and found.endswith("EXAMPLE") else 0.8


def _value(name: str, found: re.Match[str]) -> tuple[int, int]:
    if name == "a private key":
        end = re.compile(r"-----END [^-]+-----").search(found.string, found.end())
        return found.start(), len(found.string) if end is None else end.end()
    return found.span("value") if "value" in found.re.groupindex else found.span()


def may_hold() -> pl.Expr:
    """Whether a message may hold a secret, by signs that cost little: `found_in` is asked only then."""
    numbered = pl.when(text.str.contains(_NUMBER)).then(text)
    may = [
        numbered.str.contains(_NUMBERS).fill_null(False),
        text.str.contains(_ACCOUNT),
        text.str.contains(_BORN),
    ]
    for marks, pattern in (
        *((_HOLDS[name], pattern) for name, pattern in _KEYS.items()),
        (["@"], _ADDRESS),
        (_PASSWORDS, _TOLD_LOOSELY),
    ):
        holds = text.str.contains_any(marks, ascii_case_insensitive=marks is _PASSWORDS)
        may.append(pl.when(holds).then(text).str.contains(pattern).fill_null(False))
    return pl.any_horizontal(may)


def is_marked() -> pl.Expr:
    """Whether a message of a frame that is `signed` holds any sign of a secret: the first, and cheapest, of the questions
    before `found_in`."""
    return _MARKED | text.str.contains(_DIGITS)


def _written(found: str) -> bool:
    """Not the one that everybody uses as an example."""
    return found not in ("123-45-6789", "078-05-1120", "987-65-4321")


def _of_no_office(found: str) -> bool:
    return not _office.search(found)


def _of_a_person(found: str) -> bool:
    return not _office.search(found) and not _nobody.search(found)


def _rings(found: str) -> bool:
    """Not a number kept for fiction: North America's 555, or digits in order."""
    digits = re.sub(r"\D", "", found)
    free = re.match(r"1?8(?:00|33|44|55|66|77|88)", digits)
    ordered = any(run in digits for run in ("23456", "34567", "98765", "87654"))
    return not free and not ordered and "555" not in digits[:7] and not re.search(r"(\d)\1{6}", digits)
