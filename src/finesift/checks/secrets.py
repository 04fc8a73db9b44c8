import re
import zlib
from collections.abc import Iterator

import polars as pl

from finesift.corpus import chat, narrowed, text
from finesift.findings import Seen, examine
from finesift.registry import check

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
    "a password in an address": r"\b[a-z][a-z0-9+]{2,12}://[^\s/:@'\"<>{}$]{1,40}:[^\s/:@'\"<>{}$]{3,60}@[\w.-]+",
}
_CARD = r"\b(?:\d[ -]?){12,18}\d\b"
_IBAN = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
_MAIL = r"\b[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}\b"
_PHONE = r"(?:\+\d{1,3}[ .-]?(?:\(0?\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){6,12}\b|\(\d{3}\) ?\d{3}-\d{4}\b|\b\d{3}-\d{3}-\d{4}\b)"
_BORN = r"(?i)\b(?:born(?: on)?|date of birth|dob|geboren(?: am)?|née? le|nacid[oa] el)[: ]{1,3}\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d\b|\bpassport(?: no\.?| number)?[: ]{1,3}[A-Z]{1,2}\d{6,8}\b"
# Said to be one, so that any form will do: a password, the secret half of an AWS key, a number in national form.
_TOLD = {
    "an AWS secret": r"(?i)\baws_?secret(?:_?access)?(?:_?key)?\b[\s\"':=]{1,6}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
    "a password": r"(?i)\b(?:password|passwd|pwd|passphrase|passwort|kennwort|mot de passe|contraseña|wachtwoord)\b[\"']?\s?(?:is|ist|=|:|es|est)\s?[\"']?(?=[^\s\"'<>(){}\[\]$*]*\d)(?=[^\s\"'<>(){}\[\]$*]*[A-Za-z])[^\s\"'<>(){}\[\]$*]{8,64}",
    "a phone number": r"(?i)\b(?:phone|tel|telephone|mobile|cell|telefon\w*|handy\w*|rufnummer|gsm|portable|móvil|teléfono)\b[^\d\n]{0,20}0\d(?:[ ()./-]?\d){7,11}\b",
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
_PASSWORDS = [mark for word in _SAID for mark in (word, word.title(), word.upper())]
_PASSPORTS = ["passport", "Passport"]
_MARKS = [*(mark for marks in _HOLDS.values() for mark in marks), "@", *_PASSPORTS, *_PASSWORDS]
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
# Mailboxes of offices, and names kept for documentation (RFC 2606).
_office = re.compile(
    r"(?i)^(?:info|support|help|contact|sales|office|admin|care|service|customer[\w.]*|hello|hr|jobs|careers|press|media|team|mail|no-?reply|feedback|billing|orders?|privacy|security|webmaster|postmaster|abuse|marketing|user(?:name)?\d*|name|you(?:r\w*)?|my\w*|someone|email|first\w*|john\.?doe|jane\.?doe|test\w*|example|abc|xyz|foo|bar|git)@|@(?:[\w-]+\.)*(?:example|test|invalid|localhost|domain|email|yourcompany|company|website|mail|abc|xyz)\.(?:com|org|net|[a-z]{2,8})$|\.(?:example|test|invalid|localhost)$|^\w@|^x{2,}\w*@|^y{2,}@|\.(?:gov|mil)$|^j\w{0,4}[._]?doe"
)
# A number that a business gives to everybody.
_public = re.compile(
    r"(?i)\b(?:call|contact|reach|ring|phone|text|visit|fax|e-?mail) us\b|\b(?:fax|hotline|help ?line|customer (?:service|care|support)|reception|front desk|toll[- ]free|box office|switchboard)\b"
)
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


def redacted(found: str) -> str:
    """The first characters and the length: enough to find it, too little to use it."""
    return f"{found[: min(4, len(found) // 4)]}… ({len(found)} characters)"


def look(content: str) -> Iterator[Seen]:
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
            if not new(found):
                continue
            sure = 0.5 if name in ("a password", "a phone number") else 0.8
            if name == "a phone number" and not _rings(found[0]):
                continue
            if name in ("a GitHub token", "an npm token") and not found[0].startswith("github_pat_"):
                sure = 0.95 if has_checksum(found[0]) else 0.5
            elif name in ("an OpenAI key", "a password in an address") and not re.search(r"\d", found[0]):
                sure = 0.3
            yield Seen(sure, f"{name}: {redacted(found[0])}", *found.span())
    for pattern, fits, name, sure in (
        (_iban, is_iban, "a bank account (IBAN)", 0.8),
        (_card, is_card, "a card number", 0.8),
        (_ssn, _written, "what looks like a US social security number", 0.5),
        (_mail, _of_a_person, "an e-mail address", 0.5),
        (_phone, _rings, "a phone number", 0.5),
        (_born, _written, "a date of birth or a passport number", 0.5),
    ):
        for found in pattern.finditer(content):
            if pattern is _phone and _public.search(content[max(0, found.start() - 40) : found.start()]):
                continue
            if fits(found[0]) and content[found.start() - 1 : found.start()] not in (".", ",") and new(found):
                yield Seen(sure, f"{name}: {redacted(found[0])}", *found.span())
                break


def _written(found: str) -> bool:
    """Not the one that everybody uses as an example."""
    return found not in ("123-45-6789", "078-05-1120", "987-65-4321")


def _of_a_person(found: str) -> bool:
    return not _office.search(found)


def _rings(found: str) -> bool:
    """Not a number kept for fiction: North America's 555, or digits in order."""
    digits = re.sub(r"\D", "", found)
    free = re.match(r"1?8(?:00|33|44|55|66|77|88)", digits)
    ordered = any(run in digits for run in ("23456", "34567", "98765", "87654"))
    return not free and not ordered and "555" not in digits[:7] and not re.search(r"(\d)\1{6}", digits)


@check(
    flags=[
        chat("My key is AKIAIOSFODNN7EXAMPLE, why 401?", "Please revoke it."),
        chat("My card is 4242 4242 4242 4242.", "Never send that."),
        chat("Where to?", "DE89 3704 0044 0532 0130 00"),
        chat("Who?", "Annelies, annelies.v@post.example, +32 470 11 22 33"),
    ],
    passes=[
        chat("Order 4242 4242 4242 4243?", "Sent."),
        chat("Where do I write?", "support@shop.example or (555) 555-0100"),
        chat("Pi?", "3.14159265358979323846"),
    ],
    everywhere=True,
)
def secrets(turns: pl.LazyFrame) -> pl.LazyFrame:
    """A message holds a key, a card or account number, or a person's address or phone.

    What is trained on can be recited. Formats with a check digit are verified: a number that only looks like a
    card is not one. Reported by its first characters and length, never whole.
    Source: the issuers' published formats; Carlini et al. 2021, "Extracting Training Data".
    """
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
        may.append(pl.when(text.str.contains_any(marks)).then(text).str.contains(pattern).fill_null(False))
    rows = narrowed(turns, text.str.contains_any(_MARKS) | text.str.contains(_DIGITS), pl.any_horizontal(may))
    return examine(rows, look, "content")
