"""What an LLRP reader is asked, answer by answer."""

from gateway.llrp_session import ANSWER_SECONDS, LlrpSession
from gateway.session import Moment, Turn
from gateway.wire.items import Fault, Noise, Status, TagRead
from tests.support import llrp

SUCCESS = llrp.parameter(287, b"\x00\x00\x00\x00")
CONNECTED = llrp.event(llrp.parameter(256, b"\x00\x00"))


def at(seconds: float) -> Moment:
    return Moment(round(seconds * 1000), seconds)


def kind_of(turn: Turn) -> int:
    return int.from_bytes(turn.send[:2], "big") & 0x3FF if turn.send else 0


def tells(mac: str) -> bytes:
    """GET_READER_CONFIG_RESPONSE with an Identification: type 0, a MAC address."""
    octets = bytes.fromhex(mac)
    return llrp.message(12, SUCCESS + llrp.parameter(218, b"\x00" + len(octets).to_bytes(2, "big") + octets))


def opened() -> LlrpSession:
    session = LlrpSession(1000, (1, 2))
    assert session.opened(at(0)).send == b"", "the reader speaks first"
    return session


def test_five_requests_each_after_the_answer_to_the_one_before() -> None:
    session = opened()
    asked = [kind_of(session.heard(CONNECTED, at(0.1)))]
    asked += [kind_of(session.heard(llrp.answer(answer), at(0.2))) for answer in (12, 13, 31, 30, 34)]
    assert asked == [2, 3, 21, 20, 24, 0]
    assert session.tick(at(100)) == Turn(), "nothing is waited for any more"


def test_rospec_is_periodic_and_names_the_antennas() -> None:
    session = opened()
    session.heard(CONNECTED, at(0.1))
    session.heard(llrp.answer(12), at(0.1))
    session.heard(llrp.answer(13), at(0.1))
    rospec = session.heard(llrp.answer(31), at(0.1)).send
    assert bytes.fromhex("00B4000C00000000000003E8") in rospec, "PeriodicTriggerValue: offset 0, period 1000 ms"
    assert bytes.fromhex("000200010002") in rospec, "AISpec: two antennas, 1 and 2"


def test_refusal_is_told_and_the_whole_begins_anew_after_a_while() -> None:
    session = opened()
    session.heard(CONNECTED, at(0.1))
    session.heard(llrp.answer(12), at(0.1))
    refused = session.heard(llrp.answer(13, code=100), at(0.2))
    assert refused.send == b""
    assert isinstance(refused.items[0], Fault)
    again = session.tick(at(0.1 + ANSWER_SECONDS))
    assert (kind_of(again), again.items) == (2, (Fault("no answer: expected SET_READER_CONFIG_RESPONSE"),))


def test_answer_to_something_else_is_not_the_answer() -> None:
    session = opened()
    session.heard(CONNECTED, at(0.1))
    assert session.heard(llrp.answer(34), at(0.2)).send == b""


def test_keepalive_is_acknowledged_whatever_else_is_going_on() -> None:
    session = opened()
    turn = session.heard(llrp.message(62, number=9), at(0.1))
    assert (turn.send, turn.items) == (llrp.message(72, number=9), (Status("keepalive"),))


def test_new_connection_begins_at_the_beginning() -> None:
    session = opened()
    session.heard(CONNECTED + llrp.answer(13)[:7], at(0.1))
    assert isinstance(session.opened(at(1)).items[0], Noise)
    assert kind_of(session.heard(CONNECTED, at(1.1))) == 2


def test_reader_tells_which_it_is_before_it_is_asked_for_anything_else() -> None:
    session = opened()
    session.heard(CONNECTED, at(0.1))
    turn = session.heard(tells("001625123456"), at(0.2))
    assert (kind_of(turn), turn.items) == (3, (Status("device-id", "001625123456"),))


def test_reader_that_refuses_to_say_which_it_is_is_asked_on() -> None:
    session = opened()
    session.heard(CONNECTED, at(0.1))
    turn = session.heard(llrp.answer(12, code=100), at(0.2))
    assert (kind_of(turn), turn.items) == (3, (Status("response", "GET_READER_CONFIG_RESPONSE"),))


def test_another_reader_than_the_expected_one_is_ill_and_nothing_that_it_reads_is_believed() -> None:
    session = LlrpSession(1000, identity="001625123456")
    session.opened(at(0))
    left_over = session.heard(CONNECTED + llrp.tag("E280A9990000000000000001"), at(0.1))
    assert not any(isinstance(item, TagRead) for item in left_over.items), "nobody knows yet whose they are"
    for stranger in (tells("001625999999"), llrp.answer(12)):
        turn = session.heard(stranger, at(0.2))
        assert (kind_of(turn), [type(item) for item in turn.items]) == (0, [Fault])
        assert session.heard(llrp.tag("E280A9990000000000000001"), at(0.3)).items == ()
    assert kind_of(session.tick(at(0.1 + ANSWER_SECONDS))) == 2, "asked again"
    assert kind_of(session.heard(tells("001625123456"), at(6))) == 3
    assert isinstance(session.heard(llrp.tag("E280A9990000000000000001"), at(6.1)).items[0], TagRead)
