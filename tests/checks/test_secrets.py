"""Keys, numbers and addresses are found by their form and check digits, and never shown whole."""

import re
import zlib

import pytest

from finesift.checks.secrets import look
from finesift.corpus import Corpus, chat
from finesift.registry import load_checks
from finesift.secret.formats import is_card, is_iban, luhn

B62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def github_token(body):
    rest, tail = zlib.crc32(body.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        tail = B62[digit] + tail
    return f"ghp_{body}{tail}"


TOKEN = github_token("a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5")


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        f"token: {TOKEN}",
        "sk-ant-" + "a1B2" * 10,
        "sk-proj-" + "a1B2" * 10,
        "AIza" + "a1B2c" * 7,
        "xoxb-1234567890-abcdefghij",
        "hf_" + "aBcDeFgHiJkLmNoPq" * 2,
        "glpat-" + "a1B2" * 6,
        "tbk_live_EXAMPLE0a1b2c3d4e5f6",
        "-----BEGIN RSA PRIVATE KEY-----\nMII",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlMTIz",
        "postgres://admin:hunter22@db.shop.io/main",
        "4242 4242 4242 4242",
        "my Visa 4111-1111-1111-1111, 04/27",
        "378282246310005",
        "DE89 3704 0044 0532 0130 00",
        "GB29NWBK60161331926819",
        "BE68 5390 0754 7034",
        "annelies.v@proximus.be",
        "Write to maria_k+news@gmail.com.",
        "+32 470 12 98 76",
        "Call (415) 867-5309 after six.",
        "212-867-5309",
        "SSN 536-90-4399",
        "born 14.02.1981 in Ghent",
        "passport EX1234567",
    ],
)
def test_what_is_secret_is_found_and_redacted(text):
    found = list(look(text))
    assert max(seen.score for seen in found) >= 0.5
    for seen in found:
        assert text[seen.start : seen.end] not in seen.message
        assert not re.search(r"\d{7}", seen.message)


@pytest.mark.parametrize(
    "word", ["password", "PassWord", "PASSWORD", "Mot De Passe", "CONTRASEÑA", "pAsSpHrAsE"]
)
def test_a_password_is_found_however_the_word_is_written(word):
    corpus = Corpus.of([chat("May I come in?", f"Yes, my {word}: hunter2xyz9 will do.")])
    assert load_checks()["secrets"](corpus.tables).collect().height == 1


@pytest.mark.parametrize(
    "text",
    [
        "4242 4242 4242 4243",
        "1234 5678 9012 3456",
        "0000 0000 0000 0000",
        "3.14159265358979323846264338327950288",
        "the sum is 6.4031242374328485",
        "The order is TB-231045 of 2024-03-12.",
        "ISBN 978-3-16-148410-0",
        "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
        "192.168.100.200",
        "1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024",
        "1914-1918 and 1939-1945",
        "10 000 000 000 000 kilometres",
        "DE89 3704 0044 0532 0130 01",
        "AB12 CDEF 3456",
        "support@shop.io",
        "info@brand.com",
        "jane.doe@gmail.com",
        "p.larsen@post.example",
        "you@example.com",
        "user123@gmail.com",
        "noreply@github.com",
        "name@domain.com",
        "@user_karin said so",
        "a@b",
        "(555) 555-0100",
        "+1 555 010 9999",
        "1-800-273-8255",
        "Call us at 415-867-5309 for a quote.",
        "Our fax is (415) 867-5309.",
        "123-456-7890",
        "987-654-3210",
        "123-45-6789",
        "000-12-3456",
        "821091117+4908374100427",
        "skill-based matching-of-tasks-and-people",
        "sk-learn and scikit-learn-contrib",
        "AKIA is a prefix",
        "ghp_short",
        "eyJ is how a token begins",
        "-----BEGIN CERTIFICATE-----",
        "https://example.org/a:b",
        "postgres://user:$PASSWORD@host/db",
        "born in 1981",
        "passport control",
        "the museum was founded 14.02.1981",
        "call 911 or 112",
        "5f4dcc3b5aa765d61d8327deb882cf99",
    ],
)
def test_what_only_looks_like_a_secret_passes(text):
    assert all(seen.score < 0.5 for seen in look(text)), list(look(text))


def test_a_token_with_a_wrong_checksum_is_doubted():
    (right,), (wrong,) = list(look(TOKEN)), list(look(TOKEN[:-1] + ("A" if TOKEN[-1] != "A" else "B")))
    assert right.score > 0.9 > wrong.score


def test_check_digits():
    assert luhn("4242424242424242") and not luhn("4242424242424241")
    assert is_card("5555 5555 5555 4444") and not is_card("9999 9999 9999 9995")
    assert is_iban("FR1420041010050500013M02606") and not is_iban("FR1420041010050500013M02607")
