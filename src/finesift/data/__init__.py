"""Files that come with the package: tokenizers, and the example of `finesift demo`."""

from __future__ import annotations

from pathlib import Path


def tokenizer_folder() -> Path:
    """SmolLM2-Instruct's tokenizer and chat template; see its NOTICE."""
    return Path(__file__).parent / "smollm2"


def minilm_folder() -> Path:
    """The tokenizer of all-MiniLM-L6-v2; see its NOTICE."""
    return Path(__file__).parent / "minilm"


def static_folder() -> Path:
    """The table of the static encoder, int8 [tokens, 256] and a scale each; see its NOTICE."""
    return Path(__file__).parent / "static"


def verdicts_folder() -> Path:
    """The weights of the classifiers in `models`; see its NOTICE."""
    return Path(__file__).parent / "verdicts"


def example_folder() -> Path:
    """The support conversations: inside an installed package, or in the checkout that it is run from."""
    packaged = Path(__file__).parent / "support"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "examples" / "support"
