"""What the tables of the checks share."""

from finesift.corpus import Corpus, chat
from finesift.registry import load_checks


def score(name, *contents, **more):
    """The highest score that a check gives to one conversation; 0 where it finds nothing."""
    row = contents[0] if isinstance(contents[0], dict) else chat(*contents)
    found = load_checks()[name](Corpus.of([row | more]).tables).collect()
    return 0.0 if found.is_empty() else round(found["score"].max(), 3)
