"""`xuemai step KIND FILE`: any step of a person, from collection to reaction, by the rules of the pages.

FILE is what `POST /v1/steps/KIND` takes, less signatures: `{"fields": [{…}], "time": …, "keep_tag": …, "evidence":
[{"what": "logger_file", "file": PATH}]}`, or a list of fields alone. Exit 1 with the rule where nothing was recorded.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, TextIO

import click
import msgspec
from msgspec import Meta, Struct

from ledger.accounts.permissions import STEP_RECORD
from ledger.acts import persons, steps
from ledger.acts.discarding import reason_fields
from ledger.acts.fitting import ELSEWHERE, fitted
from ledger.commands.site_option import site_option
from ledger.commands.terminal_writing import BY, Terminal, echo, require, spelt, taken, writing
from ledger.core.errors import ConfigError, FormatError
from ledger.core.ids import Instant
from ledger.read.reader import reading
from ledger.rules.dating import zone_of
from ledger.rules.evidence import MOST_FILES, EvidenceFile, What, read_evidence
from ledger.rules.transformation import SAME_BAG

Fields = Annotated[list[dict[str, object]], Meta(min_length=1, max_length=100)]


class FileSaid(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that an assessment rests on, by its path; it must name nobody."""

    what: What
    file: str


class StepSaid(Struct, frozen=True, forbid_unknown_fields=True):
    """A step, as the API takes it."""

    fields: Fields
    time: Instant | None = None
    keep_tag: bool = False
    evidence: Annotated[list[FileSaid], Meta(max_length=MOST_FILES)] = []


@click.command("step")
@click.argument("kind")
@click.argument("file", type=click.File(encoding="utf-8"))
@BY
@site_option
def step_command(kind: str, file: TextIO, *, site: Path, login: str) -> None:
    """Record the step KIND once for each set of fields of FILE (- for stdin), all or nothing.

    Persons stand in the fields as logins; a second person, and who collects for a ward, is asked for the own password.
    """
    with writing(f"step {kind}", site, login, STEP_RECORD) as terminal:
        if kind in ELSEWHERE or kind not in steps.KINDS:
            raise ConfigError(f"there is no step {kind!r:.80} here; docs/api.md lists how each is said")
        require(steps.refuse_role(terminal.user, kind))
        said = _said(file.read())
        drafts = [_draft(terminal, kind, each, _files(terminal, kind, said.evidence)) for each in said.fields]
        for each in drafts:
            require(persons.refuse_signers(terminal.accounts, kind, each, terminal.user))
        further = _going_over(terminal, kind, drafts) if said.keep_tag else ()
        done = steps.record(terminal.ledger, kind, drafts, user=terminal.user, time=said.time, further=further)
        echo({"events": [spelt(each) for each in taken(done)]})


def _said(text: str) -> StepSaid:
    try:
        said = msgspec.json.decode(text, type=StepSaid | Fields)
    except msgspec.DecodeError as error:
        raise ConfigError(f"expected an object with fields, or a list of fields; {error}") from error
    return StepSaid(said) if isinstance(said, list) else said


def _draft(
    terminal: Terminal, kind: str, said: Mapping[str, object], files: Sequence[EvidenceFile]
) -> dict[str, object]:
    fields = taken(fitted(kind, said))
    if kind == "discard_requested":
        with reading(terminal.ledger.site) as reader:
            fields |= reason_fields(reader, str(fields.get("code", "")), terminal.user.organisation)
    return {**fields, **({"evidence": list(files)} if files else {}), **terminal.named(fields)}


def _files(terminal: Terminal, kind: str, said: Sequence[FileSaid]) -> list[EvidenceFile]:
    if said and kind != "assessed":
        raise ConfigError(f"evidence: a {kind} rests on no file")
    return [_file(terminal, each) for each in said]


def _file(terminal: Terminal, said: FileSaid) -> EvidenceFile:
    try:
        file = EvidenceFile(said.what, Path(said.file).read_bytes())
        read_evidence(file.what, file.document, zone=zone_of(terminal.ledger.site.timezone))
    except (OSError, FormatError) as error:
        raise ConfigError(f"evidence: {said.file}: {error}") from error
    return file


def _going_over(
    terminal: Terminal, kind: str, drafts: Sequence[Mapping[str, object]]
) -> list[tuple[str, Mapping[str, object]]]:
    if kind not in SAME_BAG:
        raise ConfigError(f"keep_tag: a {kind} leaves no bag with its tag")
    with reading(terminal.ledger.site) as reader:
        return steps.tags_going_over(reader, drafts)
