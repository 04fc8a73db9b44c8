"""Finesift gets fine-tuning data right before anyone hits train.

    run = finesift.prep(finesift.Recipe.parse({"data": {"train": ["raw/*.jsonl"]}}), "run")
    run.manifest["summary"]["fates"]

The names below are the public ones; they are loaded when first used, so that importing the package is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from finesift.auditing import audit
    from finesift.corpus import Corpus
    from finesift.errors import FinesiftError
    from finesift.pipeline import inspect, prep
    from finesift.policy import decide
    from finesift.recipe import Recipe
    from finesift.registry import check, corpus_check
    from finesift.run import Run

__version__ = "0.1.0"

_HOME = {
    "Corpus": "corpus",
    "FinesiftError": "errors",
    "Recipe": "recipe",
    "Run": "run",
    "audit": "auditing",
    "check": "registry",
    "corpus_check": "registry",
    "decide": "policy",
    "inspect": "pipeline",
    "prep": "pipeline",
}
__all__ = [
    "Corpus",
    "FinesiftError",
    "Recipe",
    "Run",
    "audit",
    "check",
    "corpus_check",
    "decide",
    "inspect",
    "prep",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'finesift' has no attribute {name!r}")
    return getattr(import_module(f"finesift.{_HOME[name]}"), name)
