"""The figures of a policy pack in words, in the reader's language, as its page lists them.

Pure: a pack and what was confirmed of it come in, lines come out. What a figure is called and what it says exactly is
`ledger.rules`; nothing here is judged.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ledger.read.packs import Confirmation
from ledger.rules.pack import (
    Agitation,
    Allowance,
    ComponentRules,
    Dating,
    Irradiation,
    Limits,
    Pack,
    Phase,
    Relabelling,
    ReturnRule,
)
from ledger.rules.row import Row, Standing
from web.speech import Speech
from web.words.packs import (
    AT_ITS_END,
    IRRADIATED,
    LYING_STILL,
    MAY_BE_ACCEPTED,
    PHASES,
    RETURN_RULES,
    RETURNS,
    SHELF_LIFE,
    SPANS,
)

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Line:
    """One figure on the page.

    Attributes:
        figure: its name, as a confirmation gives it.
        value: its canonical value, as a confirmation gives it.
        what: what it is about, in words.
        says: what it says, in words.
        citation: its source.
        standing: how it is known.
        confirmation: who confirmed it, where it stands; None: nobody, or another value.
    """

    figure: str
    value: str
    what: str
    says: str
    citation: str
    standing: Standing
    confirmation: Confirmation | None


@dataclass(frozen=True, slots=True)
class Block:
    """A component with its own figures.

    Attributes:
        code: the component's code; None: what holds for every component without its own.
        name: its name.
        like: the name of the component whose other figures it shares; None: none.
        lines: its own figures.
    """

    code: str | None
    name: str
    like: str | None
    lines: Sequence[Line]


def blocks(pack: Pack, told: Mapping[str, Confirmation], speech: Speech) -> tuple[Block, ...]:
    """The whole pack, every component with what it says of it itself; what holds for all comes last.

    Args:
        pack: the pack, as this station knows its figures.
        told: figure to what was confirmed of it last.
        speech: how to say it.
    """
    page = _Page(pack, told, speech)
    everything = Block(None, speech.say("Every other component"), None, tuple(page.returns(pack.returns)))
    own = [page.block(code, rules) for code, rules in pack.components.items()]
    return (*own, everything)


class _Page:
    def __init__(self, pack: Pack, told: Mapping[str, Confirmation], speech: Speech) -> None:
        self._pack, self._told, self._speech = pack, told, speech

    def block(self, code: str, rules: ComponentRules) -> Block:
        model = None if rules.like is None else self._pack.components[rules.like]
        shared = set() if model is None else {row.figure for row in model.rows()}
        lines = [line for line in self._lines(rules) if line.figure not in shared]
        return Block(code, self._name(rules), None if model is None else self._name(model), tuple(lines))

    def returns(self, rules: Mapping[Phase, ReturnRule]) -> Iterator[Line]:
        for phase, rule in rules.items():
            yield self._line(rule, RETURNS[phase], self._return(rule))

    def _lines(self, rules: ComponentRules) -> Iterator[Line]:
        for phase, limits in rules.limits.items():
            yield self._line(limits, PHASES[phase], self._limits(limits))
        if rules.dating is not None:
            yield self._line(rules.dating, SHELF_LIFE, self._dating(rules.dating))
        if rules.irradiation is not None:
            yield self._line(rules.irradiation, IRRADIATED, self._irradiation(rules.irradiation))
        if rules.agitation is not None:
            yield self._line(rules.agitation, LYING_STILL, self._agitation(rules.agitation))
        if rules.relabelling is not None:
            yield self._line(rules.relabelling, AT_ITS_END, self._relabelling(rules.relabelling))
        for allowance in rules.allowances:
            yield self._line(allowance, MAY_BE_ACCEPTED, self._allowance(allowance))
        yield from self.returns(rules.returns)

    def _line(self, row: Row, what: str, says: str) -> Line:
        told = self._told.get(row.figure) if row.confirmed else None
        citation = self._pack.sources[row.source]
        return Line(row.figure, row.value, self._speech.say(what), says, citation, row.standing, told)

    def _name(self, rules: ComponentRules) -> str:
        return rules.zh if self._speech.language == "zh" else rules.en

    def _limits(self, limits: Limits) -> str:
        moving = [self._speech.say("kept moving")] if limits.agitation else []
        return self._speech.clauses([*self._span(limits.low, limits.high), *moving])

    def _dating(self, dating: Dating) -> str:
        say = self._speech.say
        spans = (("%(n)s years", dating.years), ("%(n)s days", dating.days), ("%(n)s hours", dating.hours))
        life = next(say(SPANS[span], n=length) for span, length in spans if length is not None)
        since = say("from collection") if dating.counted_from == "collection" else say("from its making")
        until = say("to the end of the last day") if dating.ends == "end_of_day" else say("to the minute")
        return self._speech.clauses([life, since, until])

    def _irradiation(self, row: Irradiation) -> str:
        return self._speech.say("%(n)s days at most", n=row.days)

    def _agitation(self, row: Agitation) -> str:
        return self._speech.clauses(self._bounds(None, None, row.minutes, None))

    def _relabelling(self, row: Relabelling) -> str:
        other = self._name(self._pack.components[row.component])
        return self._speech.say("may be relabelled as: %(component)s", component=other)

    def _allowance(self, row: Allowance) -> str:
        return allowance(row, self._speech)

    def _return(self, row: ReturnRule) -> str:
        return return_rule(row, self._speech)

    def _bounds(self, low: int | None, high: int | None, minutes: int | None, times: int | None) -> Iterator[str]:
        return _bounds(self._speech, low, high, minutes=minutes, times=times)

    def _span(self, low: int | None, high: int | None) -> Iterator[str]:
        return _span(self._speech, low, high)


def allowance(row: Allowance, speech: Speech) -> str:
    """What a person may accept: where, how warm, for how long, how often."""
    phase = speech.say(PHASES[row.phase])
    return speech.clauses([phase, *_bounds(speech, row.low, row.high, minutes=row.minutes, times=row.times)])


def return_rule(row: ReturnRule, speech: Speech) -> str:
    """What a rule for returns says: never, within what, or who decides."""
    if row.rule != "within":
        return speech.say(RETURN_RULES[row.rule])
    return speech.clauses(_bounds(speech, row.low, row.high, minutes=row.minutes, times=row.times))


def _bounds(
    speech: Speech, low: int | None, high: int | None, *, minutes: int | None, times: int | None
) -> Iterator[str]:
    yield from _span(speech, low, high)
    if minutes is not None:
        yield speech.say("at most %(time)s", time=speech.duration(minutes * _MINUTE_MS))
    if times is not None:
        yield speech.say("once") if times == 1 else speech.say("%(n)s times at most", n=times)


def _span(speech: Speech, low: int | None, high: int | None) -> Iterator[str]:
    say, celsius = speech.say, speech.celsius
    if low is not None and high is not None:
        yield say("%(low)s to %(high)s", low=celsius(low), high=celsius(high))
    elif high is not None:
        yield say("at most %(celsius)s", celsius=celsius(high))
    elif low is not None:
        yield say("at least %(celsius)s", celsius=celsius(low))
