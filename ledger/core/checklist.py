"""A site's checklist (核对项目) for a step: its items, its reasons for saying no, and its hash.

Only the list itself; what its answers allow is `ledger.rules.checklist`.
"""

import hashlib
import json
from base64 import b64encode
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

Step: TypeAlias = Literal["received", "issued"]
STEPS: tuple[Step, ...] = ("received", "issued")
"""The kinds of event that carry a checklist."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A code of the list, and how the pages put it."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """One version of the list for one kind of step.

    Attributes:
        step: the kind of event that carries it.
        version: the site's own number of it.
        items: what is looked at, in order.
        refusals: the reasons for which an item is not met (拒收、拒发原因).
    """

    step: Step
    version: str
    items: tuple[Wording, ...]
    refusals: tuple[Wording, ...]

    @property
    def sha256(self) -> str:
        """SHA-256 in base64 of the list as compact JSON with sorted keys, in UTF-8 (docs/format.md §3)."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return b64encode(hashlib.sha256(text.encode()).digest()).decode()
