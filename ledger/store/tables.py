"""The tables of the ledger's database.

The first group is the log itself: rows are only ever added, which `guards` enforces. The second group are projections:
each row follows from the log (and, for a stream's status, from the forks kept as evidence), and `ledger.fsck`
recomputes every one of them.

Surrogate integers stand where an index would otherwise grow on long text: `streams` and `subjects`, given out in log
order without gaps, so that they too can be recomputed. An event's id is its log place in one number.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.compiler import TypeCompiler

metadata = MetaData()
_INTEGER = BigInteger().with_variant(Integer(), "sqlite")


class _Sorted(Text):
    """Text that is sorted by its bytes on every engine: a range of identifiers must not depend on a server's tongue."""


@compiles(_Sorted, "postgresql")
def _sorted_in_postgresql(_type: _Sorted, _compiler: TypeCompiler, **_options: object) -> str:
    return 'TEXT COLLATE "C"'


_TEXT = _Sorted()


def _table(name: str, *columns: SchemaItem) -> Table:
    return Table(name, metadata, *columns, sqlite_strict=True)


def _clustered(name: str, *columns: SchemaItem) -> Table:
    """A table that is its own primary-key index."""
    return Table(name, metadata, *columns, sqlite_strict=True, sqlite_with_rowid=False)


def _integer(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, _INTEGER, primary_key=key, nullable=False, autoincrement=False)


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, _TEXT, primary_key=key, nullable=False)


def _blob(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


# ── the log ───────────────────────────────────────────────────────────────────────────────────────────────────────

streams = _table("streams", _integer("id", key=True), Column("name", _TEXT, nullable=False, unique=True))
"""Every stream's name."""

batches = _table(
    "batches",
    _integer("log_index", key=True),
    Column("stream_id", ForeignKey("streams.id"), nullable=False),
    _integer("first_seq"),
    _integer("count"),
    _integer("first_event"),
    _blob("note"),
    _blob("text_hash"),
    _text("key"),
    Index("batches_by_stream", "stream_id", "first_seq", unique=True),
)
"""The log's leaves: the batch notes' verbatim bytes. `first_event` counts events from 1; `key` is what signed."""

contents = _table(
    "contents",
    _integer("event_id", key=True),
    _integer("sealed_ms"),
    _blob("leaves"),
    _blob("sizes"),
    _blob("bodies"),
)
"""What each batch holds, a few events a row (`packing`): their verbatim bytes, and how to part them.

In the order of the events: `sizes`, how many bytes each has, in two bytes, the larger first (none once it was erased);
`leaves`, 32 bytes each. `sealed_ms`, when the batch was sealed, stands for the time of an event whose own cannot be
read. An event's id is 1024 · its log index + its position in the batch; `event_id` is that of the row's first.
"""

defects = _table("defects", _integer("event_id", key=True), _text("defect"))
"""Why an event is kept without being understood; what was erased has no row here."""

nodes = _clustered("nodes", _integer("level", key=True), _integer("idx", key=True), _blob("hash"))
"""Perfect subtrees of the log's tree, level 0 the leaf hashes."""

checkpoints = _table("checkpoints", _integer("size", key=True), _blob("note"))
"""Every checkpoint that was signed."""

forks = _table(
    "forks",
    _integer("id", key=True),
    Column("stream_id", ForeignKey("streams.id"), nullable=False, unique=True),
    _integer("first_seq"),
    _blob("note"),
    _integer("seen_ms"),
    _blob("digest"),
)
"""Evidence of two histories of one stream, outside the log, one a stream: the signed note of the other one, without its
events, so that there is nothing in it to erase. `digest` is SHA-256 over the row."""

cosignatures = _clustered("cosignatures", _integer("size", key=True), _text("vkey", key=True), _blob("line"))
"""What outside witnesses said of the checkpoint of a size: the witness's verifier key and its signature line."""

contradictions = _table(
    "contradictions", _integer("id", key=True), _blob("statement"), _integer("seen_ms"), _blob("digest")
)
"""Signed checkpoints and receipts of this ledger that its log does not bear out; `digest` is SHA-256 over the row."""
erasures = _table(
    "erasures",
    _integer("erased_by", key=True),
    _integer("event_id"),
    _text("what"),
    Index("erasures_by_event", "event_id"),
)
"""Every `erased` event and the event that it names; where `what` is `body`, nothing else lets that body go."""

enclosures = _table("enclosures", Column("sha256", LargeBinary, primary_key=True, nullable=False), _blob("document"))
"""Documents that events name by their SHA-256, verbatim: passports of other logs that the site accepted."""

evidence = _table(
    "evidence",
    Column("sha256", LargeBinary, primary_key=True, nullable=False),
    _integer("event_id"),
    _blob("document"),
)
"""Files that assessments name by their SHA-256, verbatim. `event_id` is one of these assessments: once an `erased`
event names it, and nothing else before, the file may go."""

map_cosignatures = _table(
    "map_cosignatures", _integer("id", key=True), _integer("as_of_size"), _text("vkey"), _text("line")
)
"""Auditors' cosignatures of the unit map's roots, outside the log: each line verifies under its key by itself."""

# ── projections ───────────────────────────────────────────────────────────────────────────────────────────────────

stream_heads = _table(
    "stream_heads",
    Column("stream_id", ForeignKey("streams.id"), primary_key=True, autoincrement=False),
    _integer("last_seq"),
    _blob("previous"),
    _integer("log_index"),
    _integer("last_time_ms"),
    _text("status"),
)
"""Where each stream ends. `previous`: text hash of its last note. `status`: `active` or `quarantined` (a fork)."""

subjects = _table("subjects", _integer("id", key=True), Column("name", _TEXT, nullable=False, unique=True))
"""Every identifier that an event was about."""

subject_events = _clustered(
    "subject_events",
    _integer("subject_id"),
    _integer("telemetry"),
    _integer("hour"),
    _integer("event_id"),
    Column("further", _TEXT),
    PrimaryKeyConstraint("subject_id", "telemetry", "hour", "event_id"),
)
"""What each subject's events are: a row for those of one window of batches that happened in one hour (since the epoch).

`telemetry` is 1 for events of telemetry streams. `event_id` is the first of them; `further` is NULL, or how far behind
it the others are, as a JSON list. A seen tag that points to a unit at its place in the log is listed under the unit and
not under the tag, whose own list holds when it was associated or removed, and where it was seen while it pointed to
nothing: `tags` says whose lists hold the rest.
"""

unlisted = _table("unlisted", _integer("log_index", key=True), _integer("telemetry"), _text("about"))
"""The same of each batch of the last window, which is not full: hour → subject → positions, a JSON object."""

tags = _table(
    "tags",
    _text("tag", key=True),
    _integer("since_index", key=True),
    _integer("since_position", key=True),
    _text("unit"),
    Column("until_index", _INTEGER),
    Column("until_position", _INTEGER),
)
"""Which unit a tag pointed to, from one log place until another (NULL: it still does)."""

keys = _table(
    "keys",
    _text("key", key=True),
    _text("vkey"),
    _text("producer"),
    _integer("added_at"),
    _text("status"),
)
"""Every key the site stream named; `status` is `active` or `revoked`."""

key_last_good = _table("key_last_good", _text("key", key=True), _text("stream", key=True), _integer("seq"))
"""For a revoked key, the last event of each stream that it may vouch for."""

resumptions = _table("resumptions", _text("producer", key=True), _integer("epoch", key=True))
"""After a fork: the epochs that an administrator let a gateway go on with."""

units = _clustered(
    "units",
    _text("unit", key=True),
    _text("state"),
    _integer("on_hold"),
    Column("abo", _TEXT),
    Column("rhd", _TEXT),
    Column("expires_ms", _INTEGER),
    Column("place", _TEXT),
    Column("holder", _TEXT),
    _integer("changed_ms"),
    Index("units_by_change", "changed_ms"),
    Index("units_by_state", "state", "holder", "changed_ms"),
)
"""What the fold says of each unit now. A sighting that leaves its unit where it was writes nothing here.

Units that are used up stay for decades. So the index begins with the state, and who asks for a stock names the states
that it has."""

unit_organisations = _clustered(
    "unit_organisations",
    _text("unit", key=True),
    _text("organisation", key=True),
    Index("unit_organisations_by_organisation", "organisation"),
)
"""Every organisation that held a unit or was sent it: who may read about it."""

places = _table(
    "places",
    _text("id", key=True),
    _text("organisation"),
    Column("phase", _TEXT),
    _text("name_zh"),
    _text("name_en"),
    Column("use", _TEXT),
)
"""Registered places and boxes, as last declared."""

probe_placements = _table(
    "probe_placements",
    _integer("log_index", key=True),
    _integer("position", key=True),
    _text("probe"),
    Column("place", _TEXT),
    _integer("since_ms"),
)
"""Every word of a person on where a probe hangs (`probe_placed`); `place` null: in none that is monitored."""

agitation_words = _table(
    "agitation_words",
    _integer("log_index", key=True),
    _integer("position", key=True),
    _text("place"),
    _integer("since_ms"),
    _integer("runs"),
)
"""Every word of a person on whether the agitation of a place runs (1) or stands (0)."""

organisations = _table("organisations", _text("id", key=True), _text("role"), _text("name_zh"), _text("name_en"))
"""Registered organisations, as last declared."""

packs = _table(
    "packs",
    _integer("log_index", key=True),
    _integer("position", key=True),
    _text("pack"),
    _text("version"),
    _text("sha256"),
    _text("base"),
    _integer("since_ms"),
)
"""Every enforcement of a policy pack, base64 SHA-256 of its file and of that which it derives from (empty: none); the
one in force has the latest `since_ms`."""

confirmed_figures = _table("confirmed_figures", _text("figure", key=True), _text("value"))
"""Figures of policy packs that this station confirmed, each with the value that was confirmed last."""

discrepancies = _clustered(
    "discrepancies",
    _text("subject", key=True),
    _text("rule", key=True),
    _text("about", key=True),
    _integer("time_ms"),
    _text("text"),
    _integer("log_index"),
    _integer("position"),
)
"""What a person should look at. `about` tells apart several of one rule and subject: a place, or a log place."""

map_entries = _clustered(
    "map_entries",
    _integer("bucket", key=True),
    Column("path", LargeBinary, primary_key=True, nullable=False),
    _integer("count"),
    _blob("head"),
    _integer("as_of"),
    _text("subject"),
)
"""The unit map's entries as of the last fold; `as_of` is the log size at which an entry last changed."""

map_buckets = _table("map_buckets", _integer("bucket", key=True), _blob("root"))
"""The root of every bucket that has entries."""

map_history = _clustered("map_history", _integer("as_of", key=True), _integer("bucket", key=True), _blob("before"))
"""What a bucket's root was before it changed at a log size: an older map is this one with the changes taken back."""

map_roots = _table(
    "map_roots",
    _integer("log_index", key=True),
    _integer("position", key=True),
    _integer("as_of_size"),
    _blob("stated"),
    _blob("computed"),
    _blob("crown"),
)
"""Every root that the site stream states, beside the root that the log's bodies have at that place. `crown`: 256 hashes
of the tree below that root, one behind the other, each over 256 buckets."""

confirmations = _table(
    "confirmations",
    _integer("event_id", key=True),
    _text("what", key=True),
    _integer("confirmed_by"),
)
"""Of which erased events their gateway holds nothing any more, and the `erasure_applied` event that says so."""

excursions = _table("excursions", _integer("event_id", key=True))
"""Events that say that an excursion began or ended."""

verdicts = _clustered(
    "verdicts",
    _text("unit", key=True),
    _text("verdict"),
    _integer("held"),
    _integer("out_ms"),
    _integer("unknown_ms"),
    _integer("tolerated_ms"),
    Column("lowest", _INTEGER),
    Column("highest", _INTEGER),
    _integer("until_ms"),
    Column("holds_until_ms", _INTEGER),
    _text("pack"),
    _text("version"),
    _integer("since"),
    _integer("as_of"),
    Index("verdicts_by_held", "held"),
)
"""What is said of each unit's cold chain up to `until_ms`, the last complete reading; after `holds_until_ms`, unless
something more is heard, nothing can be said (NULL: it stays). `held`: whether it holds the unit back. `since` is the
log size at which this verdict was reached first, `as_of` that at which the unit was judged last."""

unit_stays = _clustered(
    "unit_stays",
    _text("place", key=True),
    _integer("until_ms", key=True),
    _text("unit", key=True),
    _integer("since_ms", key=True),
    Index("unit_stays_by_unit", "unit"),
)
"""Where each unit was since it came to be; `until_ms` of one that is still there is later than any instant."""

judged = _table("judged", _integer("id", key=True), _integer("log_size"), _integer("until"), _text("after"))
"""One row: up to which log size all units were judged. Where a turn is under way, which are judged in portions, the
log size that it goes to, and the last unit of it that was judged; else the same log size, and nothing."""

CARRIED = (checkpoints, cosignatures, forks, contradictions, enclosures, evidence, map_cosignatures)
"""What the log does not imply: nobody can recompute it, so whoever rebuilds a database from the log takes it along."""

LOG_TABLES = (
    streams, batches, contents, defects, nodes, checkpoints, cosignatures, forks, contradictions, enclosures,
    evidence, erasures, map_cosignatures,
)  # fmt: skip
PROJECTIONS = (
    stream_heads, subjects, subject_events, unlisted, tags, keys, key_last_good, resumptions, units, unit_organisations,
    places, probe_placements, agitation_words, organisations, packs, confirmed_figures, discrepancies, map_entries,
    map_buckets, map_history, map_roots, confirmations, excursions,
)  # fmt: skip
JUDGED = (verdicts, unit_stays, judged)
"""What follows from the log and the rules; it is reached a little after the batches, and examined by judging again."""
