"""The table of kinds in docs/format.md, made from the code."""

import inspect
from typing import get_args

import msgspec

from ledger.core import events, kinds

TITLES = {
    events.Carrier.WEB: "`web`",
    events.Carrier.CUSTODY: "`<gateway>/<epoch>/c`",
    events.Carrier.TELEMETRY: "`<gateway>/<epoch>/t`",
    events.Carrier.SITE: "`site`",
}


def kinds_table() -> str:
    """Markdown: a table a sort of stream, a row a kind."""
    return "\n\n".join(_section(carrier) for carrier in TITLES)


def _section(carrier: events.Carrier) -> str:
    columns = "| kind | own fields (optional ones in brackets) | says |\n|---|---|---|"
    head = f"### Carried by {TITLES[carrier]}\n\n{columns}"
    members = [member for member in get_args(kinds.AnyEvent) if _tag(member) in events.KINDS_OF[carrier]]
    return "\n".join([head, *map(_row, members)])


def _tag(member: type[kinds.Event]) -> str:
    return str(member.__struct_config__.tag)


def _row(member: type[kinds.Event]) -> str:
    common = {*kinds.Event.__struct_fields__, *kinds.Reported.__struct_fields__}
    names = []
    for each in msgspec.structs.fields(member):
        if each.name in common and not (each.name == "place" and each.required):
            continue
        names.append(f"`{each.name}`" if each.required else f"[`{each.name}`]")
    says = (inspect.getdoc(member) or "").split("\n", maxsplit=1)[0]
    return f"| `{_tag(member)}` | {' '.join(names)} | {says} |"
