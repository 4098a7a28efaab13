"""The partners' logs that a site witnesses, as `xuemai.toml` names them.

[[witness_for]]      vkey (a log's key; its name is the log's origin)
"""

import json
import re
from collections.abc import Mapping, Sequence

from ledger.core.errors import ConfigError, NoteError
from ledger.core.note import ED25519, ML_DSA_44, VerifierKey, format_vkey, parse_vkey
from ledger.settings.table import Table


def parse(tables: Mapping[str, object], own: str) -> tuple[VerifierKey, ...]:
    """The keys of `[[witness_for]]`; `own` is how the origins of this site's own logs begin.

    Raises:
        ConfigError: naming the key that is missing, unknown or wrong.
    """
    value = tables.get("witness_for", [])
    if not isinstance(value, list):
        raise ConfigError(f"witness_for: expected [[witness_for]], a table a log; got {value!r:.80}")
    keys: list[VerifierKey] = []
    for each in value:
        vkey = Table("witness_for", each, ("vkey",)).word("vkey", re.compile(r"\S+\Z"))
        try:
            key = parse_vkey(vkey)
        except NoteError as error:
            raise ConfigError(f"witness_for.vkey: {error}") from error
        if key.algorithm not in {ED25519, ML_DSA_44}:
            raise ConfigError(f"witness_for.vkey: expected a log's key, of signature type 0x01 or 0x06; got {vkey}")
        if key in keys:
            raise ConfigError(f"witness_for.vkey: expected each key once; got {vkey} again")
        if key.name.startswith(own):
            raise ConfigError(f"witness_for.vkey: expected another site's log; {key.name} is this site's own")
        keys.append(key)
    return tuple(keys)


def format_lines(keys: Sequence[VerifierKey]) -> list[str]:
    """The lines of `xuemai.toml` that `parse` reads back."""
    lines: list[str] = []
    for key in keys:
        lines += ["", "[[witness_for]]", f"vkey = {json.dumps(format_vkey(key), ensure_ascii=False)}"]
    return lines
