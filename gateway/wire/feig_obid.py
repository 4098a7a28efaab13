"""FEIG OBID readers: frames, and what answers about ISO 15693 tags say (manuals H60301-3e, H40801-5e, H20411-0e).

    standard   Len  ComAdr  Control [Status]  data  CRC_L CRC_H             Len counts the whole frame
    advanced   02  ALen_H ALen_L  ComAdr  Control [Status]  data  CRC_L CRC_H

Answers carry a status, requests none; a request to any reader has the address FF. The CRC is the reflected CRC-16
(8408, start FFFF). With the ONT bit a tag answers once as long as it stays in the field; RF reset (69) makes it answer
again.
"""

from itertools import repeat

from gateway.wire import crc16, feig_codes, iso15693
from gateway.wire.feig_codes import ILL, MORE_DATA, NO_TRANSPONDER, NOT_WRITTEN, OK, STATUSES, TAG_ERROR
from gateway.wire.iso15693 import Blocks, SystemInformation
from gateway.wire.items import NO_TAG, ROUND_FINISHED, Fault, Item, Status, TagRead

ANY_ADDRESS = 0xFF
ADVANCED = 0x02
STANDARD_FEWEST, ADVANCED_FEWEST = 5, 7
MAX_BYTES = 2048
"""The longest answer is an inventory of some hundred tags; a longer frame is none."""

HOST_COMMAND, READ_BUFFER, SOFTWARE_VERSION, RF_RESET, READER_INFO = 0xB0, 0x22, 0x65, 0x69, 0x66
DEVICE_ID = b"\x80"
"""The reader information that tells a reader's own number (H60301-3e, 5.5)."""
_INVENTORY, _LOCK_BLOCKS, _READ_BLOCKS, _WRITE_BLOCKS = 0x01, 0x22, 0x23, 0x24
_WRITE_AFI, _WRITE_DSFID, _SYSTEM_INFORMATION = 0x27, 0x29, 0x2B
_ADDRESSED, _WITH_LOCKS = 0x01, 0x08  # MODE: to the tag of this UID; with the security status of each block
MAX_BLOCKS_BYTES = 64
"""So many bytes of memory are asked for, or written, at once. Readers take 128, or what their buffer has room for
(H60301-3e, 6.1.4; H90692-16e, 7.1.4): with this the frames stay below 100 bytes."""
_ISO15693 = 0x03
_NO_UID = "no-uid"
_DATASET_BYTES = 10
_INVENTORY_OVERHEAD = 7
_INFORMATION_BYTES = 13
_DEVICE_ID_BYTES, _IDENTIFICATION_BYTES = 4, 16
_LOCKED = 0x01  # block security status, ISO/IEC 15693-3, 10.4.1
_IDENTIFIER, _BLOCKS, _ANTENNA, _TIME, _EXTENSION = 0x01, 0x02, 0x10, 0x20, 0x80


def request(control: int, parameters: bytes = b"", *, address: int = ANY_ADDRESS) -> bytes:
    """A standard frame to the reader."""
    frame = bytes((len(parameters) + STANDARD_FEWEST, address, control)) + parameters
    return frame + crc16.reflected(frame)


def inventory(*, more: bool = False) -> bytes:
    """Ask for the tags in the field, or for those that did not fit into the answer before."""
    return request(HOST_COMMAND, bytes((_INVENTORY, 0x80 if more else 0x00)))


def read_blocks(uid: str, first: int, count: int) -> bytes:
    """Ask one tag for blocks of its memory, and which of them are locked."""
    return _to_tag(_READ_BLOCKS, uid, bytes((first, count)), mode=_ADDRESSED | _WITH_LOCKS)


def write_blocks(uid: str, first: int, octets: bytes, *, block_bytes: int) -> bytes:
    """Write whole blocks of one tag, from the block `first` on."""
    return _to_tag(_WRITE_BLOCKS, uid, bytes((first, len(octets) // block_bytes, block_bytes)) + octets)


def lock_blocks(uid: str, first: int, count: int) -> bytes:
    """Lock blocks of one tag, for ever."""
    return _to_tag(_LOCK_BLOCKS, uid, bytes((first, count)))


def write_afi(uid: str, afi: int) -> bytes:
    """Write a tag's application family identifier."""
    return _to_tag(_WRITE_AFI, uid, bytes((afi,)))


def write_dsfid(uid: str, dsfid: int) -> bytes:
    """Write a tag's data storage format identifier."""
    return _to_tag(_WRITE_DSFID, uid, bytes((dsfid,)))


def system_information(uid: str) -> bytes:
    """Ask one tag for its AFI, its DSFID and the size of its memory."""
    return _to_tag(_SYSTEM_INFORMATION, uid)


def _to_tag(command: int, uid: str, parameters: bytes = b"", *, mode: int = _ADDRESSED) -> bytes:
    return request(HOST_COMMAND, bytes((command, mode)) + bytes.fromhex(uid) + parameters)


def meaning(frame: bytes) -> tuple[Item, ...] | None:
    """What a whole frame with a good CRC says; None: it names tags whose numbers cannot be."""
    start = 3 if frame[0] == ADVANCED else 1
    address, control, body = frame[start], frame[start + 1], frame[start + 2 : -2]
    if address == ANY_ADDRESS or not body or not _is_answer(control, body):
        return (_asked(control, body),)
    status, content = body[0], body[1:]
    if control == HOST_COMMAND and status in {OK, MORE_DATA} and content:
        return _transponders(status, content)
    if control == READ_BUFFER and status in {OK, MORE_DATA, 0x93} and content:
        return _buffered(status, content)
    return (_outcome(control, status, content),)


def inventories_alike(frames: bytes, length: int) -> list[Item]:
    """What standard frames of one head and one length say; none unless all are whole inventories of as many tags."""
    count, left = divmod(length - _INVENTORY_OVERHEAD, _DATASET_BYTES)
    asked = frames[0] == ADVANCED or frames[1] == ANY_ADDRESS or frames[2] != HOST_COMMAND
    if left or count <= 0 or asked or frames[3::length].strip(bytes((OK,))) or frames[4::length].strip(bytes((count,))):
        return []
    # Of inventories of one tag, the datasets are had without a look at each.
    told, at, stride = frames, 5, length
    if count > 1:
        told = b"".join([frames[at + 5 : at + length - 2] for at in range(0, len(frames), length)])
        at, stride = 0, _DATASET_BYTES
    tags = _plain(told, at, stride)
    items: list[Item] = [Status(ROUND_FINISHED)] * (len(tags) // count * (count + 1))
    for each in range(count):
        items[each :: count + 1] = tags[each::count]
    return items


def _is_answer(control: int, body: bytes) -> bool:
    """Whether the first byte is a status. Only with a bus address can a request look like an answer."""
    if body[0] not in STATUSES:
        return False
    # Failures carry nothing, or one byte of explanation; a request always carries parameters.
    explained = body[0] in {OK, MORE_DATA, TAG_ERROR, 0x84, 0x93}
    return explained or control != HOST_COMMAND or len(body) <= (2 if body[0] == NOT_WRITTEN else 1)


def _transponders(status: int, content: bytes) -> tuple[Item, ...] | None:
    """The answer to a host command: an inventory, a system information or blocks, told apart by their lengths."""
    if len(content) == _INFORMATION_BYTES and (found := iso15693.uid(content[1:9])):
        told = (
            f"DSFID {content[0]:02X} AFI {content[9]:02X} blocks {content[10] + 1} of {(content[11] & 0x1F) + 1} bytes"
        )
        return _tag(found), SystemInformation(
            "answer", f"system information: {told}", tag=found,
            dsfid=content[0], afi=content[9], blocks=content[10] + 1, block_bytes=(content[11] & 0x1F) + 1,
        )  # fmt: skip
    if blocks := _blocks(content):
        return (blocks,)
    if len(content) != 1 + content[0] * _DATASET_BYTES:
        return (Status("answer", f"host-command {content.hex().upper()}"),)
    items = _plain(content[1:]) or [
        _dataset(content[at : at + _DATASET_BYTES]) for at in range(1, len(content), _DATASET_BYTES)
    ]
    if items and all(isinstance(item, Status) and item.name == _NO_UID for item in items):
        return None
    return (*items, Status("more-data" if status == MORE_DATA else ROUND_FINISHED))


def _plain(told: bytes, first: int = 0, stride: int = _DATASET_BYTES) -> list[Item]:
    """The tags of datasets that are so far apart, all of ISO 15693 with UIDs from E0 on; none if one is any other."""
    if told[first::stride].strip(bytes((_ISO15693,))) or told[first + 2 :: stride].strip(iso15693.FIRST):
        return []
    digits = told.hex().upper()
    # Behind a dataset's type and DSFID.
    uids = [digits[at : at + 16] for at in range(2 * first + 4, len(digits), 2 * stride)]
    return [*map(TagRead, uids, repeat(1), repeat(None), repeat(None), repeat(None), repeat("uid"))]


def _dataset(dataset: bytes) -> Item:
    """`TR-TYPE DSFID UID`: one transponder of an inventory."""
    kind, number = dataset[0], dataset[2:]
    if kind != _ISO15693:
        return Status("other-tag", f"type {kind:02X} {number.hex().upper()}")
    found = iso15693.uid(number)
    return _tag(found) if found else Status(_NO_UID, number.hex().upper())


def _tag(uid: str, antenna: int = 1) -> TagRead:
    return TagRead(uid, antenna, numbered_by="uid")


def _blocks(content: bytes) -> Blocks | None:
    """`DB-N DB-SIZE {SEC-STATUS DB}`: blocks of one tag's memory, as FEIG sends them, counted from 0."""
    if len(content) < 3 or not content[0] or not content[1]:
        return None
    count, size = content[0], content[1]
    if len(content) != 2 + count * (1 + size):
        return None
    blocks = [content[3 + at * (1 + size) : 3 + at * (1 + size) + size] for at in range(count)]
    locked = tuple(at for at in range(count) if content[2 + at * (1 + size)] & _LOCKED)
    # Where the request did not ask for them (MODE, bit 3), all are 00: none told is not none locked.
    told = f"; locked {' '.join(map(str, locked))} of these" if locked else ""
    octets = b"".join(blocks)
    detail = f"{count} of {size} bytes: {octets.hex().upper()}{told}"
    return Blocks("blocks", detail, octets=octets, block_bytes=size, locked=locked)


def _buffered(status: int, content: bytes) -> tuple[Item, ...]:
    """`TR-DATA [TR-DATA2] DATA-SETS {…}`: tags that the reader collected by itself."""
    flags, at = content[0], 2 if content[0] & _EXTENSION else 1
    plain = Status("answer", f"read-buffer {content.hex().upper()}")
    if not flags & _IDENTIFIER or flags & _BLOCKS or len(content) < at + 1:
        return (plain,)
    for count_bytes in (2, 1):
        count, datasets = int.from_bytes(content[at : at + count_bytes], "big"), content[at + count_bytes :]
        size = _DATASET_BYTES + bool(flags & _ANTENNA) + 4 * bool(flags & _TIME)
        if count and len(datasets) == count * size:
            tags = [_collected(datasets[start : start + size], flags) for start in range(0, len(datasets), size)]
            return (*tags, Status("more-data" if status == MORE_DATA else "buffer-read"))
        if count and (tagged := _with_lengths(datasets, count, flags)):
            return (*tagged, Status("more-data" if status == MORE_DATA else "buffer-read"))
    return (plain,)


def _collected(dataset: bytes, flags: int) -> Item:
    item = _dataset(dataset[:_DATASET_BYTES])
    if isinstance(item, TagRead) and flags & _ANTENNA:
        return _tag(item.epc, _lowest(dataset[_DATASET_BYTES]))
    return item


def _with_lengths(datasets: bytes, count: int, flags: int) -> list[Item] | None:
    """The newer form `TR-TYPE IDDT IDD-LEN IDD [ANT] [TIMER(4)]`."""
    items: list[Item] = []
    at, after = 0, bool(flags & _ANTENNA) + 4 * bool(flags & _TIME)
    for _ in range(count):
        if len(datasets) < at + 3 or datasets[at + 2] != iso15693.UID_BYTES:
            return None
        item = _dataset(datasets[at : at + 2] + datasets[at + 3 : at + 11])
        at += 11
        if isinstance(item, TagRead) and flags & _ANTENNA and at < len(datasets):
            item = _tag(item.epc, _lowest(datasets[at]))
        items.append(item)
        at += after
    return items if at == len(datasets) else None


def _lowest(antennas: int) -> int:
    """The lowest antenna of the bits."""
    return (antennas & -antennas).bit_length()


def _outcome(control: int, status: int, content: bytes) -> Status | Fault:
    name = feig_codes.name(control)
    if status == NO_TRANSPONDER:
        return Status(NO_TAG)
    if status == OK:
        return _done(control, content)
    told = f"status {status:02X}: {STATUSES[status]}"
    if status == TAG_ERROR and content:
        told += f": {content[0]:02X} {iso15693.ERRORS.get(content[0], 'unknown')}"
    if status in {NOT_WRITTEN, TAG_ERROR} and (place := content[1:] if status == TAG_ERROR else content):
        told += f", block {place[0]}"
    if status in ILL:
        return Fault(told)
    return Status("more-data", name) if status == MORE_DATA else Status("refused", f"{name}: {told}")


def _done(control: int, content: bytes) -> Status:
    if control == SOFTWARE_VERSION and len(content) >= 5:
        told = f"software {content[0]}.{content[1]}, hardware {content[2]:02X}, type {content[3]:02X}"
        return Status("module-info", told)
    if control == READER_INFO and len(content) == _IDENTIFICATION_BYTES and any(content[:_DEVICE_ID_BYTES]):
        # Behind its own number: licences, firmware and drivers, for updates.
        return Status("device-id", content[:_DEVICE_ID_BYTES].hex().upper())
    return Status("answer", f"{feig_codes.name(control)} {content.hex().upper()}".rstrip())


def _asked(control: int, body: bytes) -> Status:
    return Status("command", f"{feig_codes.name(control)} {body.hex().upper()}".rstrip())
