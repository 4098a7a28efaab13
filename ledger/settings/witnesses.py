"""The outside witnesses of a site, as `xuemai.toml` names them: who is asked to cosign, and how many must have.

[[witness]]          name, vkey (a cosignature key), url (its prefix; `/add-checkpoint` is below it)
[witnesses]          quorum (all of them), at_start = "warn" | "required" ("warn"), ca_file (the system's)
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from ledger.core import policy as policies
from ledger.core.errors import ConfigError, NoteError
from ledger.core.note import format_vkey
from ledger.core.policy import NO_QUORUM, Group, Policy, Witness
from ledger.settings.table import known_table

GROUP = "witnesses"
AtStart: TypeAlias = Literal["warn", "required"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_URL = re.compile(r"https?://[^\s/?#]+(?:/[^\s?#]*)?\Z")


@dataclass(frozen=True, slots=True)
class OutsideWitnesses:
    """Who cosigns this site's checkpoints.

    Attributes:
        witnesses: each with its name here, its key and the prefix of its address.
        quorum: how many of them make a checkpoint count as witnessed; 0 where there are none.
        at_start: `required`: one that does not answer keeps the ledger from starting; `warn`: that is told.
        ca_file: which CA vouches for their TLS servers; None: those of the system.
    """

    witnesses: tuple[Witness, ...] = ()
    quorum: int = 0
    at_start: AtStart = "warn"
    ca_file: Path | None = None

    def policy(self, logs: tuple[policies.Log, ...]) -> Policy:
        """The trust policy that believes these logs and asks for this quorum."""
        if not self.witnesses:
            return Policy(logs, (), (), NO_QUORUM)
        group = Group(GROUP, self.quorum, tuple(each.name for each in self.witnesses))
        return Policy(logs, self.witnesses, (group,), GROUP)


NOBODY = OutsideWitnesses()
"""A site that asks no witness."""


def parse(tables: Mapping[str, object], directory: Path) -> OutsideWitnesses:
    """What the tables `witness` and `witnesses` of `xuemai.toml` say.

    Raises:
        ConfigError: naming the key that is missing, unknown or wrong.
    """
    listed = tables.get("witness", [])
    if not isinstance(listed, list):
        raise ConfigError(f"witness: expected [[witness]], a table a witness; got {listed!r:.80}")
    witnesses = _take_witnesses(listed)
    common = known_table("witnesses", tables.get("witnesses", {}), ("quorum", "at_start", "ca_file"))
    if common and not witnesses:
        raise ConfigError("witnesses: expected at least one [[witness]] table beside it")
    quorum, at_start, ca_file = (common.get(key) for key in ("quorum", "at_start", "ca_file"))
    if quorum is not None and (not isinstance(quorum, int) or not 1 <= quorum <= len(witnesses)):
        raise ConfigError(f"witnesses.quorum: expected a number from 1 to {len(witnesses)}; got {quorum!r}")
    if at_start not in {None, "warn", "required"}:
        raise ConfigError(f'witnesses.at_start: expected "warn" or "required"; got {at_start!r:.80}')
    if ca_file is not None and not isinstance(ca_file, str):
        raise ConfigError(f"witnesses.ca_file: expected a path; got {ca_file!r:.80}")
    return OutsideWitnesses(
        witnesses,
        len(witnesses) if quorum is None else quorum,
        "required" if at_start == "required" else "warn",
        None if ca_file is None else directory / ca_file,
    )


def format_lines(outside: OutsideWitnesses, directory: Path) -> list[str]:
    """The lines of `xuemai.toml` that `parse` reads back as `outside`."""
    if not outside.witnesses:
        return []
    lines = ["", "[witnesses]", f"quorum = {outside.quorum}", f'at_start = "{outside.at_start}"']
    if outside.ca_file is not None:
        path = outside.ca_file.relative_to(directory) if outside.ca_file.is_relative_to(directory) else outside.ca_file
        lines.append(f"ca_file = {_text(str(path))}")
    for each in outside.witnesses:
        lines += ["", "[[witness]]", f"name = {_text(each.name)}"]
        lines += [f"vkey = {_text(format_vkey(each.key))}", f"url = {_text(each.url or '')}"]
    return lines


def _take_witnesses(listed: list[object]) -> tuple[Witness, ...]:
    witnesses = []
    for each in listed:
        table = known_table("witness", each, ("name", "vkey", "url"))
        name, vkey, url = (table.get(key) for key in ("name", "vkey", "url"))
        if not isinstance(name, str) or not _NAME.match(name) or name in {NO_QUORUM, GROUP}:
            raise ConfigError(f"witness.name: expected a name of its own, without spaces; got {name!r:.80}")
        if not isinstance(url, str) or not _URL.match(url):
            raise ConfigError(f"witness.url: expected an address such as https://blood.example.net; got {url!r:.120}")
        if not isinstance(vkey, str) or not re.fullmatch(r"\S+", vkey):
            raise ConfigError(f"witness.vkey: expected the witness's verifier key; got {vkey!r:.120}")
        witnesses.append(f"witness {name} {vkey} {url.rstrip('/')}\n")
    try:
        # The policy's own parser says what a witness is, and that each has a name and a key of its own.
        return policies.parse("".join([*witnesses, f"quorum {NO_QUORUM}\n"]).encode()).witnesses
    except NoteError as error:
        raise ConfigError(f"witness: {error}") from error


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
