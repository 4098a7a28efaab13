"""What a site's `[[checklist]]` tables say: the checklists for receipt and issue, every version that was ever asked.

The last for a step is the one in force. Earlier ones stay, for the words of what was answered under them.
"""

import json
import re
from collections.abc import Mapping, Sequence

from ledger.core.checklist import STEPS, Checklist, Step, Wording
from ledger.core.errors import ConfigError
from ledger.settings.table import known_table

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}\Z")
_KEYS = ("step", "version", "items", "refusals")
MAX_ITEMS = 30
MAX_CHARACTERS = 200


def parse(tables: Mapping[str, object]) -> tuple[Checklist, ...]:
    """Read the `[[checklist]]` tables; none: the site asks nothing.

    Raises:
        ConfigError: naming the key that is missing, unknown or wrong.
    """
    listed = tables.get("checklist", [])
    if not isinstance(listed, list):
        raise ConfigError(f"checklist: expected [[checklist]], a table a version; got {listed!r:.80}")
    found: list[Checklist] = []
    for each in listed:
        made = checklist_of(each)
        if any((made.step, made.version) == (known.step, known.version) for known in found):
            raise ConfigError(
                f"checklist.version: expected each version once; got {made.version} for {made.step} again"
            )
        found.append(made)
    return tuple(found)


def checklist_of(told: object) -> Checklist:
    """One version of a list, from a table with `step`, `version`, `items` and `refusals`.

    Raises:
        ConfigError: naming the key that is missing, unknown or wrong.
    """
    table = known_table("checklist", told, _KEYS)
    version = table.get("version")
    if not isinstance(version, str) or not _WORD.match(version):
        raise ConfigError(f"checklist.version: expected a word such as 2026-1; got {version!r}")
    return Checklist(
        _step(table.get("step")),
        version,
        _wordings("items", table.get("items")),
        _wordings("refusals", table.get("refusals")),
    )


def format_lines(lists: Sequence[Checklist]) -> list[str]:
    """The lines of `xuemai.toml` that `parse` reads back."""
    lines: list[str] = []
    for each in lists:
        lines += ["", "[[checklist]]", f"step = {_quoted(each.step)}", f"version = {_quoted(each.version)}"]
        lines += _array("items", each.items) + _array("refusals", each.refusals)
    return lines


def _array(name: str, wordings: Sequence[Wording]) -> list[str]:
    told = (f"  {{ code = {_quoted(w.code)}, zh = {_quoted(w.zh)}, en = {_quoted(w.en)} }}," for w in wordings)
    return [f"{name} = [", *told, "]"]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _step(value: object) -> Step:
    for step in STEPS:
        if value == step:
            return step
    raise ConfigError(f"checklist.step: expected {' or '.join(STEPS)}; got {value!r}")


def _wordings(name: str, value: object) -> tuple[Wording, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_ITEMS:
        raise ConfigError(f"checklist.{name}: expected 1 to {MAX_ITEMS} of {{ code, zh, en }}; got {value!r:.80}")
    found = tuple(_wording(name, each) for each in value)
    if len({each.code for each in found}) != len(found):
        raise ConfigError(f"checklist.{name}: expected each code once")
    return found


def _wording(name: str, value: object) -> Wording:
    if not isinstance(value, dict) or set(value) != {"code", "zh", "en"}:
        raise ConfigError(f"checklist.{name}: expected {{ code, zh, en }}; got {value!r:.80}")
    code, texts = value["code"], (value["zh"], value["en"])
    if not isinstance(code, str) or not _WORD.match(code):
        raise ConfigError(f"checklist.{name}: expected a code such as appearance; got {code!r:.80}")
    zh, en = (text if isinstance(text, str) else "" for text in texts)
    if not all(0 < len(text) <= MAX_CHARACTERS and text.isprintable() for text in (zh, en)):
        raise ConfigError(f"checklist.{name}: expected zh and en of 1 to {MAX_CHARACTERS} characters for {code}")
    return Wording(code, zh, en)
