"""The commands `xuemai passport` and `xuemai unit`: export, verify, trace.

They read the site's database beside a running server. An export carries the latest exposure statement that is in the
log; where no server runs, the command takes the writer's lock and has the site state the exposure first.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TypeVar

import click

from ledger import acceptance, config, verifier
from ledger.append import Draft, Ledger
from ledger.clock import SystemClock, clock_of
from ledger.commands.lateness import late_lines, late_of
from ledger.commands.naming import the_one
from ledger.commands.opening import evidence_command, evidence_copy_command, withheld_command
from ledger.commands.site_option import site_option
from ledger.commands.writing import open_to_write
from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import ConfigError, Refused, XuemaiError
from ledger.core.ids import format_instant, is_id
from ledger.core.policy import parse as parse_policy
from ledger.passport_page import empty_page, page_of
from ledger.passports import Fields, state_exposures
from ledger.read import consignments, materials, passports
from ledger.read.reader import Reader, reading
from ledger.read.values import HistoryLine, UnitPage
from ledger.rules.occasions import Against, Occasion

T = TypeVar("T")
_MAKE = {False: passports.export, True: passports.export_full}


@click.group()
def passport() -> None:
    """Export and verify passports (溯源凭证)."""


@passport.command()
@click.argument("subject", metavar="UNIT|NOTE")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="file to write")
@click.option("--full", is_flag=True, help="carry every temperature segment too; of a unit only")
@click.option("--at", type=click.IntRange(1, 2**53 - 1), metavar="SIZE", help="as of a signed checkpoint of this size")
@click.option("--html", "as_page", is_flag=True, help="write one HTML page that verifies itself offline, not JSON")
@site_option
def export(site: Path, subject: str, output: Path, *, full: bool, at: int | None, as_page: bool) -> None:
    """Write the passport of UNIT: unit:…, DIN.product, a tag, or a DIN of which there is one unit.

    Or that of a dispatch NOTE, consignment:…, which covers all its units.
    """
    if full and at is not None:
        raise click.UsageError("--full and --at exclude each other")
    make = partial(passports.export_at, size=at) if at is not None else _MAKE[full]
    try:
        loaded = config.load(site)
        with reading(loaded) as reader:
            name = the_one(reader, subject) if full else _subject(reader, subject)
        if at is None:
            _state_if_no_server_runs(loaded, name)
        with reading(loaded) as reader:
            made = make(reader, name, log_key=loaded.verifier("log"))
        output.write_bytes(page_of(made) if as_page else made)
    except (XuemaiError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{name} → {output}", err=True)


@passport.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--policy",
    type=click.Path(dir_okay=False, path_type=Path),
    help="the C2SP trust policy that you keep of the senders' logs; else partners.txt of the site",
)
@site_option
def accept(site: Path, file: Path, policy: Path | None) -> None:
    """Accept the passport in FILE, of another site's log, into this one's.

    Beside a running server it is POST /v1/passports, or its page.
    """
    try:
        loaded = config.load(site)
        trusted = parse_policy(policy.read_bytes()) if policy else acceptance.partners_policy(loaded)
        raw = verifier.read(file)
        judged = _require(acceptance.judge(raw, policy=trusted, own=loaded.origin))
        with open_to_write(loaded) as ledger:
            _require(ledger.enclose([Draft(kinds.PassportAccepted, fields) for fields in judged.fields], raw))
    except (XuemaiError, OSError) as error:
        raise click.ClickException(str(error)) from error
    found = judged.found
    click.echo(f"accepted: {found.verdict}, {len(found.units)} units of {found.origin} at size {found.log_size}")


@passport.command()
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="file to write")
def page(output: Path) -> None:
    """Write an HTML page to keep, in which any passport can be opened and verified offline."""
    try:
        output.write_bytes(empty_page())
    except OSError as error:
        raise click.ClickException(str(error)) from error


@passport.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    short_help="Verify a passport FILE offline: exit 0 valid, 1 invalid, 2 not decidable.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """Verify a passport; the arguments are those of `ledger.verifier`."""
    sys.exit(verifier.main(arguments, now_ms=SystemClock().now_ms()))


@click.group()
def unit() -> None:
    """Questions about one unit."""


unit.add_command(evidence_command)
unit.add_command(evidence_copy_command)
unit.add_command(withheld_command)


@unit.command()
@click.argument("wanted", metavar="UNIT")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@site_option
def trace(site: Path, wanted: str, *, as_json: bool) -> None:
    """The whole way of UNIT (unit:…, DIN.product, tag or DIN), with lineage and verdict."""
    try:
        loaded = config.load(site)
        now_ms = clock_of(loaded).now_ms()
        with reading(loaded) as reader:
            page = reader.unit_page(the_one(reader, wanted), now_ms=now_ms)
            late, lines = late_of(reader, now_ms), list(late_lines(reader, now_ms))
    except XuemaiError as error:
        raise click.ClickException(str(error)) from error
    if page is None:
        raise click.ClickException(f"the ledger has no {wanted}")
    if as_json:
        click.echo(json.dumps({**_plain(page), **late}, ensure_ascii=False))
    else:
        click.echo("\n".join([_text(page), *lines]))


@unit.command("made-with")
@click.argument("wanted", metavar="LOT|EQUIPMENT|CONTAINER|SAMPLE")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@site_option
def made_with(site: Path, wanted: str, *, as_json: bool) -> None:
    """Every unit that a lot (lot:bag/…), a machine, a bag or a sample touched, and all that was made from those."""
    try:
        loaded = config.load(site)
        with reading(loaded) as reader:
            subject = materials.subject_of(wanted) or wanted
            found = materials.touched(reader, subject, organisation=None, now_ms=clock_of(loaded).now_ms())
    except XuemaiError as error:
        raise click.ClickException(str(error)) from error
    if found is None:
        raise click.ClickException(f"the ledger never heard of {wanted}")
    said = [{"unit": each.unit, "state": each.state, "direct": each.unit in found.direct} for each in found.units]
    if as_json:
        click.echo(json.dumps({"subject": found.subject, "log_size": found.log_size, "units": said}))
        return
    for each in said:
        click.echo(f"{each['unit']}  {each['state']:18} {'direct' if each['direct'] else 'made from those'}")


def _require(answer: T | Refused) -> T:
    """What was asked for.

    Raises:
        XuemaiError: it was refused.
    """
    if isinstance(answer, Refused):
        raise XuemaiError(f"not accepted: {answer.step}: {answer.reason}")
    return answer


def _subject(reader: Reader, wanted: str) -> str:
    """The unit, or the dispatch note, that a text names.

    Raises:
        XuemaiError: none, or several units.
    """
    if not is_id(wanted, "consignment"):
        return the_one(reader, wanted)
    if not consignments.units_of(reader, wanted):
        raise XuemaiError(f"the ledger has no dispatch note {wanted}")
    return wanted


def _state_if_no_server_runs(site: Site, name: str) -> None:
    with ExitStack() as held:
        try:
            ledger = held.enter_context(open_to_write(site))
        except ConfigError:
            return  # a server holds the lock; it states exposures itself, and the latest one is exported
        if ledger.standstill is None:  # else nothing can be signed, and the latest one is exported, too
            _state(ledger, name)


def _state(ledger: Ledger, name: str) -> None:
    def record(stated: Sequence[Fields], time: str) -> None:
        ledger.record("site", [Draft(kinds.ExposureStated, fields, time) for fields in stated])

    def publish() -> None:
        ledger.root_unit_map()
        ledger.sign_checkpoint()

    state_exposures(ledger.site, name, now_ms=ledger.clock.now_ms(), record=record, publish=publish)


def _plain(page: UnitPage) -> dict[str, object]:
    judged = page.exposure
    return {
        "unit": page.summary.unit,
        "state": page.summary.state,
        "on_hold": page.summary.on_hold,
        "component": page.summary.product.component,
        "abo": page.summary.abo,
        "rhd": page.summary.rhd,
        "expires": _instant(page.summary.expires_ms),
        "container": page.container,
        "place": page.summary.place.id if page.summary.place else None,
        "holder": page.summary.holder,
        "log_size": page.log_size,
        "as_of": format_instant(page.now_ms),
        "verdict": judged.verdict if judged else None,
        "pack": f"{judged.pack} {judged.pack_version}" if judged else None,
        "minutes_out": judged.out_ms / 60_000 if judged else None,
        "minutes_unknown": judged.unknown_ms / 60_000 if judged else None,
        "agitation": page.agitation,
        "still": [
            {"since": format_instant(each.start_ms), "until": format_instant(each.end_ms)} for each in page.still
        ],
        "limits": [_against(each, page.like_an_open_door) for each in page.against],
        "forbids": [{"rule": refused.rule, "reason": refused.reason} for refused in page.forbids],
        "stays": [
            {"place": stay.place, "since": _instant(stay.since_ms), "until": _instant(stay.until_ms)}
            for stay in page.stays
        ],
        "holders": [
            {"holder": held.holder, "since": _instant(held.since_ms), "until": _instant(held.until_ms)}
            for held in page.holdings
        ],
        "lineage": [{"parent": edge.parent, "child": edge.child, "kind": edge.kind} for edge in page.lineage],
        "events": [
            {
                "time": format_instant(line.time_ms),
                "kind": line.kind,
                "place": line.place.id if line.place else None,
                "stream": line.stream,
                "seq": line.seq,
                "late": line.late,
                "defect": line.defect,
            }
            for line in reversed(page.history)
        ],
    }


def _against(each: Against, open_door: frozenset[Occasion]) -> dict[str, object]:
    """The unit against one pair of limits, in centi-degrees and minutes, cumulative and per occasion."""
    return {
        "phase": each.phase,
        "low_centi_celsius": each.low,
        "high_centi_celsius": each.high,
        "minutes_judged": each.judged_ms / 60_000,
        "minutes_above": each.above_ms / 60_000,
        "minutes_below": each.below_ms / 60_000,
        "minutes_unknown": each.unknown_ms / 60_000,
        "occasions": [
            {
                "side": occasion.side,
                "since": _instant(occasion.start_ms),
                "until": _instant(occasion.end_ms),
                "minutes": occasion.lasted_ms / 60_000,
                "extreme_centi_celsius": occasion.extreme,
                "place": occasion.place,
                "like_an_open_door": occasion in open_door,
            }
            for occasion in each.occasions
        ],
    }


def _text(page: UnitPage) -> str:
    plain = _plain(page)
    head = f"{page.summary.unit}  {page.summary.product.name_en}  {page.summary.state}"
    events = [
        f"{format_instant(line.time_ms)}  {line.kind:18} {_place(line):28} {line.stream} {line.seq}"
        for line in reversed(page.history)
    ]
    lineage = [f"{edge.parent} → {edge.child} ({edge.kind})" for edge in page.lineage]
    verdict = f"cold chain: {plain['verdict'] or 'not judged'}, {plain['minutes_out'] or 0:.1f} min out"
    forbids = [f"forbids use: {refused.rule}: {refused.reason}" for refused in page.forbids]
    return "\n".join([head, *events, *lineage, verdict, *forbids])


def _instant(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else format_instant(milliseconds)


def _place(line: HistoryLine) -> str:
    return line.place.id if line.place else ""
