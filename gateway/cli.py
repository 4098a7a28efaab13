"""`xuemai gateway`: run, import-logger, status, acknowledge, doctor, enroll, rotate-key, carry-over, decode, tag.

Exit codes: 0 done; 1 the gateway cannot start or go on, or there is no status, or something is at fault; 2 wrong usage.
"""

import logging
import secrets
import sys
from os import PathLike
from pathlib import Path
from typing import IO, Any

import click
import msgspec
import structlog
from typing_extensions import override

from gateway import config, enrol, statuslines
from gateway import status as statuses
from gateway.clock import SystemClock
from gateway.command import site as _site
from gateway.command import tells_errors as _tells_errors
from gateway.tagging.cli import tag
from gateway.words.speech import Language
from ledger.core.keys import grouped

MQTT_PORT = 1883
COMPARE = """\
Paste the lines below on the ledger's page Gateways. Let its administrator read you the fingerprint that it shows, by
telephone or in person, and approve it only if it is this one.
请把下面的内容粘贴到账本的“网关”页面；由管理员通过电话或当面读出页面显示的指纹，与上面一致才可批准。"""


@click.group()
def gateway() -> None:
    """The edge gateway: RFID readers, scanners and probes in; signed custody batches out."""


gateway.add_command(tag)


@gateway.command()
@_site
@click.option("--drain-seconds", default=10.0, show_default=True, help="How long to go on sending after a signal.")
@_tells_errors
def run(directory: Path, drain_seconds: float) -> None:
    """Run until SIGTERM or Ctrl-C. Quiet on stdout; JSON lines on stderr; status in status.json."""
    # Ports and sockets only load where they run: `gateway decode` must start at once.
    from gateway import runner  # noqa: PLC0415 - see above

    _log_to_stderr()
    runner.run(directory, drain_seconds=drain_seconds)


@gateway.command()
@_site
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@_tells_errors
def status(directory: Path, language: Language, *, as_json: bool) -> None:
    """How the running gateway is: devices, streams, alarms. Exit code 1 where it has stopped."""
    age_seconds = statuses.age_seconds(directory, SystemClock().now_ms())
    told = statuses.read(directory)
    click.echo(
        msgspec.json.encode(told).decode() if as_json else statuslines.render(told, language, age_seconds=age_seconds)
    )
    click.get_current_context().exit(0 if age_seconds <= statuses.OLD_AFTER_SECONDS else 1)


@gateway.command()
@_site
@_tells_errors
def enroll(directory: Path) -> None:
    """Make the gateway's key if there is none, and print what the ledger's administrator needs.

    Compare the fingerprint with the one that the ledger shows in the same groups, by telephone or in person.
    """
    settings = config.load(directory).gateway
    if enrol.make_key(directory, secrets.token_bytes):
        click.echo(f"made {directory / enrol.KEY_PATH}", err=True)
    enrolment = enrol.enrol(enrol.load_signer(directory, settings), settings)
    (directory / "enrolment.json").write_text(enrolment.format() + "\n")
    click.echo(f"fingerprint {grouped(enrolment.key)}", err=True)
    click.echo(COMPARE, err=True)
    click.echo(enrolment.format())


@gateway.command("rotate-key")
@_site
@click.option("--approved", is_flag=True, help="An administrator has approved the new key: sign with it from now on.")
@_tells_errors
def rotate_key(directory: Path, *, approved: bool) -> None:
    """Make the key that is to follow, and print what the ledger's administrator needs; then again with --approved.

    A running gateway changes over by itself, between two batches. Compare the fingerprint as at the first enrolment.
    """
    settings = config.load(directory).gateway
    if approved:
        enrol.adopt_next_key(directory)
        click.echo(f"the gateway signs with {directory / enrol.KEY_PATH}, the new key", err=True)
        return
    enrol.load_signer(directory, settings)
    if enrol.make_next_key(directory, secrets.token_bytes):
        click.echo(f"made {directory / enrol.NEXT_KEY_PATH}", err=True)
    enrolment = enrol.enrol_next(directory, settings)
    click.echo(f"fingerprint {grouped(enrolment.key)}", err=True)
    click.echo(COMPARE, err=True)
    click.echo(enrolment.format())


@gateway.command("carry-over")
@_site
@click.option(
    "--from", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An outbox of this gateway that was moved aside; default: the stopped streams of earlier epochs in its own.",
)  # fmt: skip
@_tells_errors
def carry_over(directory: Path, file: Path | None) -> None:
    """Say again, in today's streams, what ended ones hold without a receipt; the gateway must not run.

    After a fork write the new epoch into gateway.toml first; after a new log the new origin and keys, and move the old
    outbox.db aside. What is carried over keeps its time and is late; what the ledger has already counts once.
    """
    from gateway import carryover, runner  # noqa: PLC0415 - as in `run`

    settings = config.load(directory)
    with runner.outbox_of(directory, settings, runner.clock_of(settings.clock)) as outbox:
        found = carryover.carry_over_own(outbox) if file is None else carryover.carry_over_from(outbox, file)
        outbox.seal_all()
    for each in found:
        odd = f"; {each.odd} are not understood and stay where they are" if each.odd else ""
        click.echo(f"{each.stream}: {each.events} events carried over into {each.into}{odd}")
    if not found:
        click.echo("nothing to carry over")


@gateway.command("import-logger")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_site
@click.option("--place", required=True, help="Where the logger hung, such as place:centre/fridge-1.")
@click.option("--measures", type=click.Choice(["air", "load"]), required=True, help="What it hung in.")
@click.option("--utc-offset", required=True, help="The zone that its clock was set to, such as +08:00.")
@_tells_errors
def import_logger(file: Path, directory: Path, place: str, measures: str, utc_offset: str) -> None:
    """Take the days of a Berlinger Fridge-tag 2 text file; the gateway must not run. A day is taken once.

    The file has a day's extremes and alarms, on the logger's own clock. Its signature is asked for, not checked.
    """
    from gateway import runner  # noqa: PLC0415 - as in `run`
    from gateway.loggers import commands  # noqa: PLC0415 - only where needed

    settings = config.load(directory)
    clock = runner.clock_of(settings.clock)
    hanging = commands.hanging(settings.gateway.name, place, measures, utc_offset)
    with runner.outbox_of(directory, settings, clock) as outbox:
        taken = commands.take_into(outbox, file.read_bytes(), hanging, now_ms=clock.now_ms())
    click.echo(f"{taken.new_days} days taken, {taken.known_days} known before, {len(taken.claims)} events")


@gateway.command()
@_site
@click.option("--by", required=True, help="Who takes charge: your pseudonym, person: and 32 hex digits.")
@click.option("--device", default="", help="Only the alarms of this device, as the status names it. Default: all.")
@click.option("--card", is_flag=True, help="Only print the text of your card, a Code 128 to scan instead.")
@_tells_errors
def acknowledge(directory: Path, by: str, device: str, *, card: bool) -> None:
    """Take charge of the alarms of the running gateway: they sound no more, and the log says who and when."""
    from gateway.alarm import charge  # noqa: PLC0415 - only where needed

    if card:
        click.echo(charge.card_of(by))
        return
    for taken in charge.take_charge(directory, by, device):
        click.echo(f"{by} took charge: {taken.cause} {taken.device} since {taken.raised}")


@gateway.command()
@_site
@click.option("--port", "only", multiple=True, help="Only this port (or tcp://HOST:PORT); may be repeated.")
@click.option("--broker", metavar="HOST[:PORT]", help="An MQTT broker to look at where gateway.toml names none.")
@click.option("--listen", default=0.0, help="Listen for so many seconds first: scan something meanwhile.")
@click.option("--ask/--no-ask", default=True, help="Whether anything may be written to a port.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def doctor(directory: Path, only: tuple[str, ...], listen: float, broker: str | None = None, **how: str | bool) -> None:
    """What hangs on this machine's ports and broker, what is wrong with them and with the way to the ledger.

    Says what to do about it, and what may be written into gateway.toml. Asks each port only questions that change
    nothing; a device that only a driver knows is asked as its driver asks. Exit code 1 where something is at fault.
    """
    from gateway.doctor.examination import Wanted, examine  # noqa: PLC0415 - ports and sockets only where needed
    from gateway.doctor.finding import report  # noqa: PLC0415 - the same

    host, _, number = (broker or "").partition(":")
    at = (host, int(number) if number.isdigit() else MQTT_PORT) if host else None
    found = examine(directory, Wanted(only, listen, "asked" if how["ask"] else "none", at))
    language = str(how["language"])
    if how["as_json"]:
        told = [{"level": each.level, "name": each.name, "said": each.said(language)} for each in found.findings]
        click.echo(msgspec.json.encode({"findings": told, "proposals": found.proposals}).decode())
    else:
        click.echo(report(found.findings, found.proposals, language))
    click.get_current_context().exit(0 if found.is_well else 1)


class _Captured(click.File):
    """A file of captured lines. A standard input that is closed is named, where click would raise."""

    @override
    def convert(
        self, value: str | PathLike[str] | IO[Any], param: click.Parameter | None, ctx: click.Context | None
    ) -> IO[Any]:
        if value == "-" and sys.stdin is None:
            self.fail("standard input is closed: name a file, or write lines into a pipe", param, ctx)
        return super().convert(value, param, ctx)


@gateway.command()
@click.argument("family")
@click.argument("file", type=_Captured("rb"), default="-")
@_site
@_tells_errors
def decode(family: str, file: IO[bytes], directory: Path) -> None:
    """What the gateway makes of captured bytes: JSON lines in (hex, text, or topic and payload), JSON lines out.

    One object out for each line in, whatever it holds. Exit code 1 where a line could not be used: stderr says why.
    Only the family mqtt_json looks into the gateway's folder: it tries each [[mapping]] of gateway.toml.
    """
    from gateway.decode import CaptureError, capture_of  # noqa: PLC0415 - all families' decoders, only where needed

    capture = capture_of(family, directory)
    for line in capture.read(file):
        click.echo(msgspec.json.encode(line).decode())
    if capture.refused:
        raise CaptureError("\n".join(capture.refused))


def _log_to_stderr() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
