"""Errors a user can cause. Each says where, what, what was expected and what to do.

    FinesiftError
    ├── UsageError          a flag, an id or a folder that does not fit          exit code 2
    │   └── RecipeError     a recipe with an unknown key or a wrong value
    ├── InputError          a file that cannot be opened or read at all          exit code 2
    ├── ModelError          a tokenizer or chat template that cannot be used     exit code 2
    │   └── RenderError     one conversation that this template refuses
    └── RunError            a run folder that is in the way, incomplete or altered

A row that cannot be used is never an exception: it is kept in `unreadable`, or becomes a finding.
"""

from __future__ import annotations


class FinesiftError(Exception):
    """What went wrong, in one sentence; `hint` says what to do about it."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n{self.hint}" if self.hint else message


class UsageError(FinesiftError): ...


class RecipeError(UsageError): ...


class InputError(FinesiftError): ...


class ModelError(FinesiftError): ...


class RenderError(ModelError): ...


class RunError(FinesiftError): ...
