"""How a page speaks: one language, one time zone, and the spelling of times, temperatures and durations in them.

Pure: the catalogue and the zone come in. What is said is decided by `web.present`; the words are in `web.words` and in
`web/translations`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from gettext import NullTranslations

from ledger.core.errors import FormatError
from ledger.core.ids import format_instant
from ledger.read.values import Named, Product
from ledger.rules.local_time import offsets_of, spelt

LANGUAGES = ("zh", "en")
MINUS, EN_DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def marked(message: str) -> str:
    """Mark `message` for the catalogue and give it back as it is: for tables that are said later."""
    return message


class SaidError(FormatError):
    """What was typed is not written as it should be; the message is in the reader's language already."""


_ZONES = {"Asia/Shanghai": marked("Beijing time"), "UTC": marked("Coordinated Universal Time")}
"""Zones that have a name in daily use; another is called as the zone database calls it."""


@dataclass(frozen=True, slots=True)
class Speech:
    """One reader's language and clock.

    Attributes:
        language: `zh` or `en`.
        zone: the site's time zone, in which every time is shown and typed.
        catalogue: translations from the English msgids.
    """

    language: str
    zone: tzinfo
    catalogue: NullTranslations

    def say(self, message: str, **values: object) -> str:
        """`message` in the reader's language, with `%(name)s` filled in."""
        said = self.catalogue.gettext(message)
        return said % values if values else said

    def name(self, named: Named | Product) -> str:
        """The name of a place, an organisation or a product."""
        return named.name_zh if self.language == "zh" else named.name_en

    @property
    def comma(self) -> str:
        """What stands between the words of a list."""
        return "、" if self.language == "zh" else ", "

    @property
    def colon(self) -> str:
        """What stands between a name and what is said of it."""
        return "：" if self.language == "zh" else ": "

    def joined(self, parts: Iterable[str]) -> str:
        """A list of words, `a, b` or `a、b`."""
        return self.comma.join(parts)

    def clauses(self, parts: Iterable[str]) -> str:
        """Things said one after the other, `a, b` or `a，b`: no list, so that Chinese has its full comma."""
        return ("，" if self.language == "zh" else ", ").join(parts)

    @staticmethod
    def sentence(words: str) -> str:
        """`words` as the beginning of a sentence: a capital where the script has any."""
        return words[:1].upper() + words[1:]

    def aside(self, words: str) -> str:
        """`words` in brackets behind something else, each language with its own: ` (a)` or `（a）`."""
        return f"（{words}）" if self.language == "zh" else f" ({words})"

    def local(self, milliseconds: int) -> datetime:
        """Milliseconds since the epoch as a time in the site's zone."""
        return (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(self.zone)

    def zone_said(self, milliseconds: int) -> str:
        """`Beijing time (UTC+08:00)`: the zone of every time on the page, as it stands at that instant."""
        offset, name = f"{self.local(milliseconds):%z}", str(self.zone)
        said = self.say(_ZONES[name]) if name in _ZONES else name
        return self.say("%(zone)s (UTC%(offset)s)", zone=said, offset=f"{offset[:3]}:{offset[3:]}")

    def moment(self, milliseconds: int) -> str:
        """`2026-11-14 08:20` in the site's zone; with its offset in the hour that the clocks showed twice."""
        return self.typed_moment(milliseconds).replace("T", " ")

    def short_moment(self, milliseconds: int) -> str:
        """`11-14 08:20` in the site's zone: for lists whose year is plain."""
        return f"{self.local(milliseconds):%m-%d %H:%M}"

    def typed_moment(self, milliseconds: int) -> str:
        """`2026-11-14T08:20`: as a moment is typed; `instant_of` gives the same minute back."""
        local = self.local(milliseconds)
        offset = local.utcoffset() or timedelta()
        twice = offsets_of(local, self.zone) != (offset,)
        return f"{local:%Y-%m-%dT%H:%M}{spelt(offset) if twice else ''}"

    def instant_of(self, typed: str) -> str:
        """The instant that a person typed: in the site's zone, or an instant as it stands.

        Raises:
            FormatError: neither a local time such as `2026-11-14 08:20` nor an instant.
            SaidError: a local time that the clocks of the zone showed twice or never.
        """
        try:
            moment = datetime.fromisoformat(typed.strip())
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=timezone(self._offset_of(moment)))
            return format_instant((moment - _EPOCH) // timedelta(milliseconds=1))
        except (ValueError, OverflowError) as error:
            raise FormatError(f"expected a time such as 2026-11-14 08:20; got {typed!r}") from error

    def _offset_of(self, moment: datetime) -> timedelta:
        found = offsets_of(moment, self.zone)
        if len(found) == 1:
            return found[0]
        when, zone = f"{moment:%Y-%m-%d %H:%M}", str(self.zone)
        if not found:
            never = self.say("%(when)s never was: the clocks (%(zone)s) went forward over it.", when=when, zone=zone)
            raise SaidError(never)
        first, second = (f"{when}{spelt(offset)}" for offset in found)
        raise SaidError(
            self.say(
                "The clocks (%(zone)s) showed %(when)s twice. Type which one: %(first)s, or the later %(second)s.",
                zone=zone,
                when=when,
                first=first,
                second=second,
            )
        )

    def duration(self, milliseconds: int) -> str:
        """`8 min`, `2 h 5 min`, `3 d 4 h`: two units at most, rounded to the nearest minute, never to nothing."""
        if 0 < milliseconds < _MINUTE:
            return self.say("less than 1 min")
        minutes = (milliseconds + _MINUTE // 2) // _MINUTE
        if minutes < 60:
            return self.say("%(n)s min", n=minutes)
        hours, minutes = divmod(minutes, 60)
        if hours < 24:
            said = self.say("%(n)s h", n=hours)
            return said + " " + self.say("%(n)s min", n=minutes) if minutes else said
        days, hours = divmod(hours, 24)
        said = self.say("%(n)s d", n=days)
        return said + " " + self.say("%(n)s h", n=hours) if hours else said

    @staticmethod
    def celsius(centi_celsius: int) -> str:
        """`5.6 °C`, with a true minus sign; one decimal, two where the second says something."""
        return f"{degrees(centi_celsius)} °C"


def degrees(centi_celsius: int) -> str:
    """`5.6`, `6.05`, minus eighteen with a true minus sign: the number alone."""
    whole, rest = divmod(abs(centi_celsius), 100)
    decimals = f"{rest:02d}" if rest % 10 else f"{rest // 10}"
    return f"{MINUS if centi_celsius < 0 else ''}{whole}.{decimals}"
