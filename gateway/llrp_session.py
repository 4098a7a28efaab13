"""What to say to an LLRP reader, and when: configure, one inventory after the other, acknowledge its keep-alives.

Pure, like every session. The reader speaks first: it says whether it takes the connection. Then five requests follow,
each after the answer to the one before: which reader it is (its MAC address); which events it shall notify and how
often it shall show that it lives; delete what a program before us left; add our ROSpec; enable it. The ROSpec is
periodic, so that the reader itself begins an inventory every interval and says when it has ended: only then does
silence of a tag mean anything.
"""

from dataclasses import dataclass, field

from llrpkit.protocol import LLRPMessage, enums, messages, params

from gateway.session import NOTHING, Moment, Turn
from gateway.wire.decoder import Counters
from gateway.wire.items import Fault, Item, Status, tells_of_tags
from gateway.wire.llrp import LlrpDecoder

ROSPEC_ID = 1
KEEPALIVE_MILLISECONDS = 2000
ANSWER_SECONDS = 5.0
SHORTEST_PERIOD_MILLISECONDS = 200
_SHARE_OF_PERIOD = 0.8
_TELLS_WHO = "GET_READER_CONFIG_RESPONSE"
_EVENTS = (
    enums.NotificationEventType.ROSpec_Event,
    enums.NotificationEventType.Report_Buffer_Fill_Warning,
    enums.NotificationEventType.Reader_Exception_Event,
    enums.NotificationEventType.Antenna_Event,
)


def requests(period_milliseconds: int, antennas: tuple[int, ...]) -> tuple[LLRPMessage, ...]:
    """What is asked of a reader after it took the connection, in order.

    Args:
        period_milliseconds: from the beginning of one inventory to that of the next.
        antennas: ports from 1; empty: all that it has.
    """
    period = max(SHORTEST_PERIOD_MILLISECONDS, period_milliseconds)
    states = [params.EventNotificationState(event_type=event, notification_state=True) for event in _EVENTS]
    return (
        messages.GET_READER_CONFIG(requested_data=enums.GetReaderConfigRequestedData.Identification),
        messages.SET_READER_CONFIG(
            reader_event_notification_spec=params.ReaderEventNotificationSpec(event_notification_states=states),
            keepalive_spec=params.KeepaliveSpec(
                keepalive_trigger_type=enums.KeepaliveTriggerType.Periodic,
                periodic_trigger_value=KEEPALIVE_MILLISECONDS,
            ),
            events_and_reports=params.EventsAndReports(hold_events_and_reports_upon_reconnect=False),
        ),
        messages.DELETE_ROSPEC(ro_spec_id=0),
        messages.ADD_ROSPEC(ro_spec=_rospec(period, antennas)),
        messages.ENABLE_ROSPEC(ro_spec_id=ROSPEC_ID),
    )


def _rospec(period: int, antennas: tuple[int, ...]) -> params.ROSpec:
    inventory = params.AISpec(
        antenna_ids=list(antennas) or [0],
        ai_spec_stop_trigger=params.AISpecStopTrigger(
            ai_spec_stop_trigger_type=enums.AISpecStopTriggerType.Duration,
            duration_trigger=round(period * _SHARE_OF_PERIOD),
        ),
        inventory_parameter_specs=[
            params.InventoryParameterSpec(
                inventory_parameter_spec_id=1, protocol_id=enums.AirProtocols.EPCGlobalClass1Gen2
            )
        ],
    )
    return params.ROSpec(
        ro_spec_id=ROSPEC_ID,
        current_state=enums.ROSpecState.Disabled,
        ro_boundary_spec=params.ROBoundarySpec(
            ro_spec_start_trigger=params.ROSpecStartTrigger(
                ro_spec_start_trigger_type=enums.ROSpecStartTriggerType.Periodic,
                periodic_trigger_value=params.PeriodicTriggerValue(offset=0, period=period),
            ),
            ro_spec_stop_trigger=params.ROSpecStopTrigger(ro_spec_stop_trigger_type=enums.ROSpecStopTriggerType.Null),
        ),
        spec_parameters=[inventory],
        ro_report_spec=params.ROReportSpec(
            ro_report_trigger=enums.ROReportTriggerType.Upon_N_Tags_Or_End_Of_AISpec,
            n=0,
            tag_report_content_selector=params.TagReportContentSelector(
                enable_antenna_id=True, enable_peak_rssi=True, enable_last_seen_timestamp=True
            ),
        ),
    )


@dataclass(slots=True)
class LlrpSession:
    """See `Session`.

    Attributes:
        interval_ms: between inventories, as the reader itself counts.
        antennas: the ports to use; empty: all.
        identity: a part of its MAC address or EPC, upper-case hex; empty: any reader.
    """

    interval_ms: int
    antennas: tuple[int, ...] = ()
    identity: str = ""
    decoder: LlrpDecoder = field(default_factory=LlrpDecoder)
    _asked: int = field(default=0, init=False)
    _waiting: str = field(default="", init=False)
    _asked_at: float = field(default=0.0, init=False)
    _admitted: bool = field(default=False, init=False)

    @property
    def counters(self) -> Counters:
        """See `Session`."""
        return self.decoder.counters

    def opened(self, moment: Moment) -> Turn:
        """See `Session`. The reader speaks first."""
        items = tuple(self.decoder.idle())
        self.decoder.take_replies()
        self._asked, self._waiting, self._asked_at = 0, "READER_EVENT_NOTIFICATION", moment.seconds
        self._admitted = not self.identity
        return Turn(items=items)

    def heard(self, content: bytes, moment: Moment) -> Turn:
        """See `Session`."""
        items: list[Item] = []
        send = b""
        for item in self.decoder.feed(content):
            if self._is_stranger(item):
                items.append(Fault(f"another device: expected {self.identity!r}, it says {_said(item)!r}"))
                self._admitted = False
            elif self._admitted or not tells_of_tags(item):
                items.append(item)
                send += self._ask_next(moment) if self._answers(item) else b""
        return Turn(self.decoder.take_replies() + send, tuple(items))

    def tick(self, moment: Moment) -> Turn:
        """See `Session`. A request that nobody answers begins the whole of them anew."""
        if not self._waiting or moment.seconds - self._asked_at < ANSWER_SECONDS:
            return NOTHING
        missing = Fault(f"no answer: expected {self._waiting}")
        self._asked = 0
        return Turn(self._ask_next(moment), (missing,))

    def _answers(self, item: Item) -> bool:
        """Whether this is what the next request waits for. A refusal is not: `tick` begins anew."""
        if not isinstance(item, Status):
            return False
        if self._waiting == "READER_EVENT_NOTIFICATION":
            return item.name == "connected"
        if item.name == "device-id":
            self._admitted = True
            return self._waiting == _TELLS_WHO
        return item.name == "response" and item.detail == self._waiting

    def _is_stranger(self, item: Item) -> bool:
        """Whether the reader says that it is another one than is wanted, or does not say which it is."""
        tells = isinstance(item, Status) and (item.name == "device-id" or item.detail == _TELLS_WHO)
        return tells and self.identity not in _said(item)

    def _ask_next(self, moment: Moment) -> bytes:
        plan = requests(self.interval_ms, self.antennas)
        if self._asked >= len(plan):
            self._waiting = ""
            return b""
        request = plan[self._asked]
        self._asked += 1
        self._waiting, self._asked_at = f"{type(request).__name__}_RESPONSE", moment.seconds
        return request.to_bytes(message_id=self._asked)


def _said(item: Item) -> str:
    """The number that a reader tells of itself; empty where it tells none."""
    return item.detail if isinstance(item, Status) and item.name == "device-id" else ""
