"""Files that exports bring along: each trainer's own way in, for rows whose tokens and labels are the proved ones.

They are written as they stand here, with MODEL and LENGTH filled in, and run in the trainer's environment: only
`proved` is imported by this package, which asks it what a trainer will see of a row.
"""

from __future__ import annotations

from importlib.resources import files

#: What a file says where an export puts the model's name and the number of tokens.
_MODEL, _LENGTH = 'MODEL = "MODEL"', "LENGTH = 4_096"


def adapter(name: str, *, model: str, length: int) -> str:
    """The text of a file of this folder."""
    text = files(__name__).joinpath(name).read_text("utf-8")
    return text.replace(_MODEL, f'MODEL = "{model}"').replace(_LENGTH, f"LENGTH = {length:_}")
