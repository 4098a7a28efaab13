"""What the site stream declares: keys, places, organisations, packs, resumed gateways."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.events import KINDS_OF, Carrier
from ledger.core.keys import KeyState, apply_key_event
from ledger.core.logkeys import LOG_KEY_KINDS, LogKeys, apply_log_key_event
from ledger.core.note import format_vkey
from ledger.folding.fold import units_of
from ledger.folding.places import Places
from ledger.store import contents, event_lists
from ledger.store import tables as t
from ledger.store.discrepancies import Discrepancies
from ledger.store.entries import Entry
from ledger.store.names import Names
from ledger.store.prepared import addition, upsertion
from ledger.store.units import units_of_donation

KEY_KINDS = ("key_added", "key_rotated", "key_revoked")
DECLARED_KINDS = (*KEY_KINDS, *LOG_KEY_KINDS)
"""What the register keeps beyond the rows of its tables."""
_PLACE = upsertion(t.places, "organisation", "phase", "name_zh", "name_en", "use")
_ORGANISATION = upsertion(t.organisations, "role", "name_zh", "name_en")
_CONFIRMED = upsertion(t.confirmed_figures, "value")
_RESUMED = addition(t.resumptions)
_SAYING_WHO_HOLDS = frozenset(KINDS_OF[Carrier.WEB])
"""Kinds whose place may say who holds a unit (`ledger.core.custody.holdings`); what a device saw does not."""


class Register:
    """The part of the projections that few events change and every batch needs."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self.places = Places()
        self.keys = KeyState()
        self.log_keys = LogKeys()

    def copy(self) -> "Register":
        """An independent copy, to be changed."""
        twin = Register(self._origin)
        twin.places = Places(self.places.organisation_of.copy(), self.places.role_of.copy())
        twin.keys = self.keys.copy()
        twin.log_keys = self.log_keys.copy()
        return twin

    def take(self, connection: Connection, entries: Sequence[Entry], discrepancies: Discrepancies) -> list[str]:
        """Take one batch of the site stream; answer the places whose organisation, or its role, changed."""
        moved = [place for entry in entries for place in self._take_one(connection, entry, discrepancies)]
        if any(entry.kind in KEY_KINDS for entry in entries):
            _write_keys(connection, self.keys)
        return moved

    def declare(self, place: Recorded) -> Refused | None:
        """Take what an event says of keys; Refused, and nothing changes, where it does not hold."""
        refused = apply_key_event(self.keys, place, origin=self._origin)
        return refused or apply_log_key_event(self.log_keys, place, origin=self._origin)

    def _take_one(self, connection: Connection, entry: Entry, discrepancies: Discrepancies) -> list[str]:
        match entry.event:
            case (
                kinds.KeyAdded() | kinds.KeyRotated() | kinds.KeyRevoked()
                | kinds.SiteOpened() | kinds.LogKeyAdded() | kinds.LogKeyRetired()
            ):  # fmt: skip
                self._take_key(entry, discrepancies)
            case kinds.PlaceAdded() as place:
                _declare_place(connection, place)
                return self._change_owner(place.place, place.organisation)
            case kinds.OrganisationAdded() as organisation:
                _declare_organisation(connection, organisation)
                return self._change_role(organisation.organisation, organisation.role)
            case kinds.PackEnforced() as pack:
                _enforce(connection, pack, entry)
            case kinds.ProbePlaced() | kinds.AgitationStopped() | kinds.AgitationResumed() as word:
                _keep_word(connection, word, entry)
            case kinds.FigureConfirmed() as told:
                _CONFIRMED.run(connection, told.figure, told.value)
            case kinds.StreamResumed() as resumed:
                _RESUMED.run(connection, resumed.producer, resumed.epoch)
            case _:
                pass
        return []

    def _change_owner(self, place: str, organisation: str) -> list[str]:
        if self.places.organisation_of.get(place) == organisation:
            return []
        self.places.organisation_of[place] = organisation
        return [place]

    def _change_role(self, organisation: str, role: str) -> list[str]:
        if self.places.role_of.get(organisation) == role:
            return []
        self.places.role_of[organisation] = role
        return [place for place, owner in self.places.organisation_of.items() if owner == organisation]

    def _take_key(self, entry: Entry, discrepancies: Discrepancies) -> None:
        place = entry.recorded()
        if place is None:
            return
        refused = self.declare(place)
        if refused is not None:
            discrepancies.note(
                "key.refused", str(getattr(place.event, "key", "")), about=f"{entry.log_index}.{entry.position}",
                time_ms=entry.time_ms, text=refused.reason, at=entry.log_place,
            )  # fmt: skip


def units_held_by_place(connection: Connection, names: Names, places: Sequence[str]) -> list[str]:
    """Units of which, or of whose donation, something was said at one of the places: its organisation concerns them."""
    lists = event_lists.events_of(connection, list(names.find(connection, places).values()))
    told = contents.events_with(connection, (each for ids in lists.values() for each in ids))
    said = [event for each in told if each.kind in _SAYING_WHO_HOLDS and (event := each.understood()) is not None]
    donations = dict.fromkeys(str(event.din) for event in said if isinstance(event, kinds.Tested | kinds.Sampled))
    donated = [unit for din in donations for unit in units_of_donation(connection, din)]
    return list(dict.fromkeys([*(unit for event in said for unit in units_of(event)), *donated]))


def _declare_place(connection: Connection, place: kinds.PlaceAdded) -> None:
    names = (place.name_zh, place.name_en)
    _PLACE.run(connection, place.place, place.organisation, place.phase, *names, place.use)


def _declare_organisation(connection: Connection, organisation: kinds.OrganisationAdded) -> None:
    names = (organisation.name_zh, organisation.name_en)
    _ORGANISATION.run(connection, organisation.organisation, organisation.role, *names)


def _keep_word(
    connection: Connection, word: kinds.ProbePlaced | kinds.AgitationStopped | kinds.AgitationResumed, entry: Entry
) -> None:
    """A person's word on a place, which holds from its time on: where a probe hangs, or whether agitation runs."""
    row = {"log_index": entry.log_index, "position": entry.position, "place": word.place, "since_ms": entry.time_ms}
    if isinstance(word, kinds.ProbePlaced):
        connection.execute(insert(t.probe_placements), {**row, "probe": word.probe})
    else:
        runs = int(isinstance(word, kinds.AgitationResumed))
        connection.execute(insert(t.agitation_words), {**row, "runs": runs})


def _enforce(connection: Connection, pack: kinds.PackEnforced, entry: Entry) -> None:
    row = {
        "log_index": entry.log_index, "position": entry.position, "pack": pack.pack, "version": pack.version,
        "sha256": pack.sha256, "base": pack.base or "", "since_ms": entry.time_ms,
    }  # fmt: skip
    connection.execute(insert(t.packs), row)


def _write_keys(connection: Connection, keys: KeyState) -> None:
    connection.execute(delete(t.key_last_good))
    connection.execute(delete(t.keys))
    rows = [
        {
            "key": key, "vkey": format_vkey(known.key), "producer": known.producer, "added_at": known.added_at,
            "status": "active" if known.last_good is None else "revoked",
        }
        for key, known in keys.known.items()
    ]  # fmt: skip
    if rows:
        connection.execute(insert(t.keys), rows)
    good = [
        {"key": key, "stream": stream, "seq": seq}
        for key, known in keys.known.items()
        for stream, seq in (known.last_good or {}).items()
    ]
    if good:
        connection.execute(insert(t.key_last_good), good)
