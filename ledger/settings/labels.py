"""What `xuemai.toml` says of a site's labels: which files hold its tables, and which schemes it has of its own.

    [labels]          codes, products: files beside `xuemai.toml`; without them the sample facility's
    [[label_scheme]]  name, pattern, fixed, products: a scheme for national codes, see `ledger.core.labels.scheme`

Relative paths start from the site's folder. What the files say is read by `ledger.read.labels`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.core.errors import ConfigError
from ledger.core.labels.reading import parse_schemes
from ledger.core.labels.scheme import Scheme
from ledger.settings.table import known_table

_KEYS = ("codes", "products")


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """What a site says of its labels.

    Attributes:
        codes: the file of its code tables; None: those of the sample facility.
        products: the file of its products; None: those of the sample facility.
        schemes: its own label schemes.
    """

    codes: Path | None = None
    products: Path | None = None
    schemes: tuple[Scheme, ...] = ()


AS_SHIPPED: Final = LabelSettings()
"""ISBT 128 alone, with the tables of the sample facility."""


def parse(tables: Mapping[str, object], directory: Path) -> LabelSettings:
    """What `[labels]` and `[[label_scheme]]` say; paths start from `directory`.

    Raises:
        ConfigError: naming the key that is missing, unknown or wrong.
    """
    table = known_table("labels", tables.get("labels", {}), _KEYS)
    paths: dict[str, Path] = {}
    for name, value in table.items():
        if not isinstance(value, str) or not value:
            raise ConfigError(f"labels.{name}: expected a file; got {value!r:.80}")
        paths[name] = directory / value
    schemes = parse_schemes(tables.get("label_scheme", []))
    return LabelSettings(paths.get("codes"), paths.get("products"), schemes)


def format_lines(settings: LabelSettings, directory: Path) -> list[str]:
    """The lines of `xuemai.toml` that `parse` reads back."""
    lines: list[str] = []
    named = {"codes": settings.codes, "products": settings.products}
    said = [f"{key} = {_text(str(_below(path, directory)))}" for key, path in named.items() if path is not None]
    if said:
        lines += ["", "[labels]", *said]
    for each in settings.schemes:
        lines += ["", "[[label_scheme]]", f"name = {_text(each.name)}", f"pattern = {_text(each.pattern)}"]
        for key, table in (("fixed", each.fixed), ("products", each.products)):
            if table:
                inner = ", ".join(f"{_text(name)} = {_text(value)}" for name, value in table.items())
                lines.append(f"{key} = {{ {inner} }}")
    return lines


def _below(path: Path, directory: Path) -> Path:
    return path.relative_to(directory) if path.is_relative_to(directory) else path


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
