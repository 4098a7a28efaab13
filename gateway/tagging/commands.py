"""`xuemai gateway tag`: which reader is meant, what to write, and what is told of it."""

from gateway.claim import expectation
from gateway.clock import SystemClock
from gateway.config import Config, ReaderSettings
from gateway.ports import asking
from gateway.tagging.writing import Order, Script, T, TagError, find, read, write
from gateway.talk.families import line_of, reads_memory
from gateway.wire.hf_iso15693 import HfDecoder
from gateway.wire.iso15693 import MemoryRead
from ledger.core.errors import ConfigError
from ledger.core.isbt128 import parse
from ledger.core.tagmemory import DEFAULT_LAYOUT, Layout, Unreadable, examine


def reader_of(config: Config, name: str) -> ReaderSettings:
    """The reader of that name; without a name the only one that can read tags' memory.

    Raises:
        ConfigError: there is none, or several and no name.
    """
    able = {each.name: each for each in config.readers if reads_memory(each)}
    if name:
        if name not in able:
            raise ConfigError(f"reader {name}: expected an hf_iso15693 reader of the dialect feig on a port")
        return able[name]
    if len(able) != 1:
        raise ConfigError(f"reader: expected --reader and one of {', '.join(able) or 'them: none is configured'}")
    return next(iter(able.values()))


def read_tag(reader: ReaderSettings, uid: str) -> dict[str, object]:
    """What the memory of the tag before a reader says.

    Raises:
        TagError: no such tag, or it could not be read.
    """
    layout = reader.memory or DEFAULT_LAYOUT

    def script() -> Script[MemoryRead]:
        return (yield from read((yield from find(uid)), layout))

    return told(_converse(reader, script()), layout)


def write_tag(reader: ReaderSettings, text: str, uid: str, *, replaces: bool, locks: bool) -> dict[str, object]:
    """Write a label's message to the tag before a reader; what was read of it afterwards.

    Raises:
        FormatError: no compound message, or one that may not be written.
        TagError: see `gateway.tagging.writing`.
    """
    layout = reader.memory or DEFAULT_LAYOUT
    order = Order(parse(text), layout, replaces, locks)

    def script() -> Script[MemoryRead]:
        return (yield from write((yield from find(uid)), order))

    return told(_converse(reader, script()), layout)


def told(memory: MemoryRead, layout: Layout) -> dict[str, object]:
    """A memory as plain values for JSON; persons are not in it, and bytes that are no message are not repeated."""
    found = examine(memory.octets, layout, locked=memory.locked)
    common: dict[str, object] = {"tag": memory.tag, "afi": memory.afi, "dsfid": memory.dsfid}
    if isinstance(found, Unreadable):
        return common | {"outcome": "blank" if found.blank else "unreadable", "reason": expectation(found.reason)}
    message = found.message
    said = {"din": str(message.din), "product": message.product, "text": message.format()}
    return common | {"outcome": "read", "crc": found.crc, "protection": found.protection, **said}


def _converse(reader: ReaderSettings, script: Script[T]) -> T:
    try:
        return asking.ask(
            reader.port or "",
            script,
            settings=line_of(reader),
            decoder=HfDecoder(),
            seconds=SystemClock().monotonic,
        )
    except OSError as error:
        reason = f"expected the line {reader.port} for this alone; {error}. Does a gateway have it?"
        raise TagError(f"{reader.name}: {reason}") from error
