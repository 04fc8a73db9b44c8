"""How files are read: what the recipe says about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from finesift.errors import UsageError
from finesift.read.fields import check_columns
from finesift.read.repair import WINDOWS_1252, check_repairs
from finesift.read.roles import check_roles

#: Text packs to a fifth, at best to a fiftieth; what unpacks to two hundred times its size is no text.
MAX_RATIO = 200.0


@dataclass(frozen=True, slots=True)
class Options:
    """roles and columns: the data's own names for ours. repair: lossy repairs that are allowed. trees: what
    becomes of a tree of replies. unpack_ratio: how many times its size a packed file may unpack to. multimodal: whether
    rows with pictures, recordings or files are kept with them, or noted as what no text trainer can use.
    pairs: of ranked answers, the best against the worst, or every better against every worse one.
    calls: whether tool calls that stand in the text between tags stay there, or are parsed.

    Raises UsageError for a name that does not exist.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    repair: Collection[str] = ()
    trees: Literal["best", "paths"] = "best"
    unpack_ratio: float = MAX_RATIO
    multimodal: Literal["carry", "refuse"] = "carry"
    pairs: Literal["best", "all"] = "best"
    calls: Literal["keep", "parse"] = "keep"

    def __post_init__(self) -> None:
        check_roles(self.roles)
        check_columns(self.columns)
        check_repairs(self.repair)
        if self.trees not in ("best", "paths"):
            raise UsageError(f'trees: there is no "{self.trees}"; expected best or paths.')
        if self.multimodal not in ("carry", "refuse"):
            raise UsageError(f'multimodal: there is no "{self.multimodal}"; expected carry or refuse.')
        if self.pairs not in ("best", "all"):
            raise UsageError(f'pairs: there is no "{self.pairs}"; expected best or all.')

        if self.calls not in ("keep", "parse"):
            raise UsageError(f'calls: there is no "{self.calls}"; expected keep or parse.')

    @property
    def windows_1252(self) -> bool:
        """Whether lines that are not UTF-8 are read as Windows-1252."""
        return WINDOWS_1252 in self.repair
