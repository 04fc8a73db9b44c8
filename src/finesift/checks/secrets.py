from collections.abc import Iterator

import polars as pl

from finesift.corpus import chat
from finesift.findings import Seen, examine
from finesift.match.signs import signed
from finesift.registry import check
from finesift.secret.formats import found_in, is_marked, may_hold
from finesift.views import narrowed

# Of these a text may be full; the first says enough.
_ONCE = {"iban", "card", "ssn", "email", "phone", "birth"}


def told(found: str) -> str:
    """The first characters and the length: enough to find it, too little to use it."""
    return f"{found[: min(4, len(found) // 4)]}… ({len(found)} characters)"


def look(content: str) -> Iterator[Seen]:
    seen = set()
    for secret in found_in(content):
        if secret.kind in _ONCE and secret.kind in seen:
            continue
        seen.add(secret.kind)
        said = told(content[secret.start : secret.end])
        yield Seen(secret.score, f"{secret.name}: {said}", secret.start, secret.end)


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
    return examine(narrowed(signed(turns), is_marked(), may_hold()), look, "content")
