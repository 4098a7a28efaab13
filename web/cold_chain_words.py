"""The cold chain in words: how long out, over which share of the time, and each stretch of the line. Pure."""

from collections.abc import Mapping
from typing import Protocol

from ledger.read.evidence import Kept
from ledger.read.values import UnitPage, UnitSummary
from ledger.rules.exposure import Exposure, Spell, Verdict
from ledger.rules.occasions import Against, Occasion
from ledger.rules.pack import Limits
from web.present import Tone, place, stretch
from web.speech import EN_DASH, Speech
from web.words.cold_chain import COLD_CHAIN, DOUBTS, REASONS


class Judged(Protocol):
    """What has a cold-chain judgement: a unit, or a logger's file."""

    @property
    def exposure(self) -> Exposure | None:
        """The judgement; None: nothing was judged."""


def cold_chain(unit: UnitSummary, speech: Speech) -> tuple[Tone, str]:
    """The tone and the words of a unit's verdict in a list; what holds nothing back is said not to."""
    word = speech.say(COLD_CHAIN[unit.verdict])
    if unit.verdict == "ok":
        return "ok", word
    if not unit.held:
        return "warning", speech.say("%(verdict)s; not held back", verdict=word)
    return ("stop" if unit.verdict == "out" else "unknown"), word


def verdict(found: Verdict, speech: Speech) -> tuple[Tone, str]:
    """The tone and the words of a verdict on a file, by which nothing is held back yet."""
    tones: Mapping[Verdict, Tone] = {"ok": "ok", "out": "stop", "unknown": "unknown"}
    return tones[found], speech.say(COLD_CHAIN[found])


def cold_chain_sentence(judged: Judged, speech: Speech) -> str:
    """How long out, over which share of the time there is a record, and what is missing."""
    exposure = judged.exposure
    if exposure is None or exposure.judged_ms == 0:
        return speech.say("No temperature was judged for this unit yet.")
    parts = [_out_part(exposure, speech)]
    share = f"{_floored_percent(exposure.covered_ms, exposure.judged_ms)} %"
    parts.append(speech.say("the record covers %(share)s of %(time)s", share=share, time=_long(exposure, speech)))
    if exposure.unknown_ms:
        parts.append(speech.say("%(time)s cannot be judged", time=speech.duration(exposure.unknown_ms)))
    if exposure.tolerated_ms:
        parts.append(speech.say("%(time)s missing, tolerated", time=speech.duration(exposure.tolerated_ms)))
    return _sentence(parts, speech)


def evidence_sentence(kept: Kept, speech: Speech) -> str:
    """How long a file of evidence is, and what its readings say where there are any."""
    size = speech.say("%(num)s bytes", num=kept.octets)
    told = kept.told
    if told is None:
        return size
    low, high = speech.celsius(told.lowest_centi), speech.celsius(told.highest_centi)
    parts = [size, stretch(speech, told.first_ms, told.last_ms)]
    parts.append(speech.say("%(low)s to %(high)s", low=low, high=high))
    if told.out_ms is None:
        parts.append(speech.say("held against no limits"))
    elif told.out_ms:
        parts.append(speech.say("out of range for %(time)s", time=speech.duration(told.out_ms)))
    else:
        parts.append(speech.say("never out of range"))
    if told.encoding == "gb18030":
        parts.append(speech.say("read as GB18030"))
    return " · ".join(parts)


def reason_word(reason: str, speech: Speech) -> str:
    """Why a stretch is not plainly fine."""
    if reason in REASONS:
        return speech.say(REASONS[reason])
    for said, message in DOUBTS:
        found = said.fullmatch(reason)
        if found is not None:
            return speech.say(message, **_figures(found.groupdict(), speech))
    return reason


def spell_label(spell: Spell, speech: Speech) -> str:
    """The few words beside a stretch of the temperature line."""
    lasted = speech.duration(spell.lasted_ms)
    extreme = spell.lowest if spell.reason == "below" else spell.highest
    match spell.status:
        case "out" if extreme is not None:
            return speech.say("%(celsius)s, out for %(time)s", celsius=speech.celsius(extreme), time=lasted)
        case "out":
            return speech.say("out for %(time)s", time=lasted)
        case "unknown":
            return speech.say("%(time)s unknown", time=lasted)
        case "tolerated":
            return speech.say("%(time)s missing, tolerated", time=lasted)
        case "ok":
            return ""


def spell_word(spell: Spell, speech: Speech) -> str:
    """The verdict on a stretch, in words."""
    return spell_label(spell, speech) or speech.say("within limits")


def spell_sentence(page: UnitPage, spell: Spell, speech: Speech) -> str:
    """A stretch in full: when, where, what, why."""
    return _told(spell, speech, [place(page, spell.place, speech)])


def placeless_sentence(spell: Spell, speech: Speech) -> str:
    """The same of a stretch that was in no place, as in a logger's file: when, what, why."""
    return _told(spell, speech, [])


def _told(spell: Spell, speech: Speech, where: list[str]) -> str:
    parts = [stretch(speech, spell.start_ms, spell.end_ms), *where, spell_word(spell, speech)]
    if spell.reason and spell.status != "out":
        parts.append(reason_word(spell.reason, speech))
    return " · ".join(parts)


def limits(spell: Spell | Against | Limits, speech: Speech) -> str:
    """The limits of a stretch: `2.0 °C to 6.0 °C`, `at most 6.0 °C`."""
    low, high = spell.low, spell.high
    if low is not None and high is not None:
        return speech.say("%(low)s to %(high)s", low=speech.celsius(low), high=speech.celsius(high))
    if high is not None:
        return speech.say("at most %(celsius)s", celsius=speech.celsius(high))
    return EN_DASH if low is None else speech.say("at least %(celsius)s", celsius=speech.celsius(low))


def occasion(found: Occasion, speech: Speech) -> str:
    """One time beyond a limit: how long, and the reading furthest beyond."""
    lasted, extreme = speech.duration(found.lasted_ms), speech.celsius(found.extreme)
    if found.side == "below":
        return speech.say("%(time)s below, down to %(celsius)s", time=lasted, celsius=extreme)
    return speech.say("%(time)s above, up to %(celsius)s", time=lasted, celsius=extreme)


def _figures(found: Mapping[str, str], speech: Speech) -> dict[str, str]:
    """The figures of a gateway's sentence as a page spells them: what is in centi-degrees becomes a temperature."""
    return {
        name.removeprefix("centi_"): speech.celsius(int(text)) if name.startswith("centi_") else text
        for name, text in found.items()
    }


def _out_part(exposure: Exposure, speech: Speech) -> str:
    if not exposure.out_ms:
        return speech.say("Never out of range")
    out = speech.duration(exposure.out_ms)
    low, high = exposure.lowest_centi, exposure.highest_centi
    if low is None or high is None:
        return speech.say("Out of range for %(time)s", time=out)
    between = {"low": speech.celsius(low), "high": speech.celsius(high)}
    return speech.say("Out of range for %(time)s (between %(low)s and %(high)s)", time=out, **between)


def _long(exposure: Exposure, speech: Speech) -> str:
    return speech.duration(exposure.judged_ms)


def _floored_percent(part: int, whole: int) -> str:
    """Rounded down, so that 100 % means all of it."""
    tenths = part * 1000 // max(whole, 1)
    return "100" if tenths == 1000 else f"{tenths // 10}.{tenths % 10}"


def _sentence(parts: list[str], speech: Speech) -> str:
    return speech.say("; ").join(parts) + speech.say(".")
