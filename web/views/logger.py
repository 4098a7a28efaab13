"""The page on which a temperature logger's file is judged: uploaded, answered, and not kept."""

from collections.abc import Mapping
from contextlib import closing
from typing import Final

from flask import render_template, request

from ledger.core.errors import ConfigError, FormatError
from ledger.read.logger_files import MOST_BEFORE, MOST_OCTETS, Asked, Judged, judge_file, pack_named
from ledger.read.packs import listed
from ledger.read.reader import Reader
from ledger.rules.evidence import PDF
from ledger.rules.pack import PHASES, Pack, Phase
from web.blueprint import pages
from web.cold_chain_words import verdict
from web.context import shared, speech
from web.figures import allowance
from web.logged import chart, drawn
from web.views.unit import SMALL, WIDE
from web.words.cold_chain import VEILS

_LONGEST_BEFORE: Final = len(str(MOST_BEFORE))


@pages.get("/logger")
def logger() -> str:
    """The form."""
    return _page(None, {})


@pages.post("/logger")
def judge_logger() -> str | tuple[str, int]:
    """The verdict on the file that was sent, under the form that asked for it."""
    octets = _uploaded()
    asked, wrong = _asked()
    if said := _unfit(octets):
        wrong["file"] = said
    if asked is None or wrong:
        return _page(None, wrong), 422
    try:
        with shared().reading() as reader:
            judged = judge_file(reader, octets, asked)
    except ConfigError as error:
        return _page(None, {"pack": str(error)}), 422
    except FormatError as error:
        said = speech().say("This is no logger file that can be read: %(why)s", why=str(error))
        return _page(None, {"file": said}), 422
    return _page(judged, {})


def _uploaded() -> bytes:
    """The file, or its first bytes if it is too long; what the server held of it on disk goes with the closing."""
    upload = request.files.get("file")
    if upload is None:
        return b""
    with closing(upload.stream) as file:
        octets: bytes = file.read(MOST_OCTETS + 1)
    return octets


def _asked() -> tuple[Asked | None, dict[str, str]]:
    """As what the file is to be judged, and what is wrong with that by field; None where something is."""
    say, form = speech().say, request.form
    component, before = form.get("component", ""), _before(form.get("before", "").strip())
    phase: Phase | None = next((each for each in PHASES if each == form.get("phase")), None)
    wrong = dict[str, str]()
    if not component:
        wrong["component"] = say("Choose the component.")
    if phase is None:
        wrong["phase"] = say("Say where the bags and the logger were.")
    if before is None:
        wrong["before"] = say("Expected a number from 0 to %(most)s.", most=MOST_BEFORE)
    if wrong or phase is None or before is None:
        return None, wrong
    pack = form.get("pack") or None
    return Asked(pack=pack, component=component, phase=phase, before=before, zone=speech().zone), {}


def _unfit(octets: bytes) -> str:
    """Why a file is not even looked into; empty if it is."""
    say = speech().say
    if not octets:
        return say("Choose the file.")
    if len(octets) > MOST_OCTETS:
        return say("A file of at most 1 MB is judged; this one is larger.")
    if octets.startswith(PDF):
        return say("Nothing can be read from a PDF: export the readings from the logger's program as CSV.")
    return ""


def _before(text: str) -> int | None:
    if not text:
        return 0
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_BEFORE else MOST_BEFORE + 1
    return number if number <= MOST_BEFORE else None


def _page(judged: Judged | None, wrong: Mapping[str, str]) -> str:
    with shared().reading() as reader:
        packs, in_force = _packs(reader), reader.pack.name
    return render_template(
        "logger.html",
        packs=packs,
        in_force=in_force,
        components=_components(packs, in_force),
        phases=PHASES,
        typed=request.form,
        wrong=wrong,
        judged=judged,
        **({} if judged is None else _shown(judged)),
    )


def _shown(judged: Judged) -> dict[str, object]:
    record, said = drawn(judged), speech()
    statuses = {spell.status for spell in record.exposure.spells}
    rules = judged.pack.components.get(record.exposure.component)
    return {
        "record": record,
        "wide": chart(record, said, width=WIDE),
        "small": chart(record, said, width=SMALL),
        "veil_words": [(tone, said.say(word)) for tone, word in VEILS if tone in statuses],
        "verdict": verdict(record.exposure.verdict, said),
        "accepted": "" if judged.logged.allowance is None else allowance(judged.logged.allowance, said),
        "component_name": "" if rules is None else rules.zh if said.language == "zh" else rules.en,
    }


def _packs(reader: Reader) -> dict[str, Pack]:
    """The packs that can be asked: the one in force first, then those at hand that are none that is broken."""
    found = {reader.pack.name: reader.pack}
    for each in listed(reader):
        if each.state == "at hand":
            found[each.name] = pack_named(reader, each.name)
    return found


def _components(packs: Mapping[str, Pack], in_force: str) -> tuple[dict[str, str], dict[str, str]]:
    """Code → name of the components that the pack in force knows, and of those that only others do."""
    zh = speech().language == "zh"
    own = {code: rules.zh if zh else rules.en for code, rules in packs[in_force].components.items()}
    others: dict[str, str] = {}
    for pack in packs.values():
        for code, rules in pack.components.items():
            if code not in own:
                others.setdefault(code, rules.zh if zh else rules.en)
    return own, others
