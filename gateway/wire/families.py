"""Every device family that the gateway speaks, by name: the one list that a new family joins.

`live` makes the decoder for a port that was just opened. `capture` makes the one for bytes that somebody recorded in
the middle of things: it supposes that the device had long been there and that its answers had been asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from gateway.wire.barcode_isbt128 import BarcodeDecoder
from gateway.wire.chafon_crc_uhf import ChafonDecoder
from gateway.wire.decoder import ByteDecoder, MessageDecoder
from gateway.wire.ds18b20_serial import Ds18b20CaptureDecoder, Ds18b20Decoder
from gateway.wire.hf_iso15693 import HfCaptureDecoder, HfDecoder
from gateway.wire.impinj_r700_mqtt import R700Decoder
from gateway.wire.m100_uhf import M100CaptureDecoder, M100Decoder
from gateway.wire.modbus_rtu_temp.capture import ModbusCaptureDecoder
from gateway.wire.modbus_rtu_temp.decoder import ModbusDecoder
from gateway.wire.mqtt_temperature.decoder import MqttTemperatureDecoder, other_dialects
from gateway.wire.mqtt_temperature.zigbee2mqtt import Zigbee2Mqtt, Zigbee2MqttCapture
from gateway.wire.r2000_a0_uhf import R2000Decoder
from gateway.wire.sparkplug_b.decoder import SparkplugCapture, SparkplugDecoder
from gateway.wire.thingmagic_m6e import ThingMagicCaptureDecoder, ThingMagicDecoder
from gateway.wire.zebra_fx_mqtt import ZebraDecoder


@dataclass(frozen=True, slots=True)
class ByteFamily:
    """A family on a serial line or a TCP stream."""

    live: Callable[[], ByteDecoder]
    capture: Callable[[], ByteDecoder]


@dataclass(frozen=True, slots=True)
class MessageFamily:
    """A family that speaks MQTT."""

    live: Callable[[], MessageDecoder]
    capture: Callable[[], MessageDecoder]


@dataclass(frozen=True, slots=True)
class BirthFamily:
    """A family that speaks MQTT, and whose messages need earlier ones: a capture is read as a whole."""

    live: Callable[[], MessageDecoder]
    capture: Callable[[], MessageDecoder]


def _llrp() -> ByteDecoder:
    """LLRP's decoder, whose library takes a tenth of a second to load: only where such a reader is."""
    from gateway.wire.llrp import LlrpDecoder  # noqa: PLC0415 - see above

    return LlrpDecoder()


Family: TypeAlias = ByteFamily | MessageFamily | BirthFamily

FAMILIES: dict[str, Family] = {
    "barcode_isbt128": ByteFamily(BarcodeDecoder, BarcodeDecoder),
    "chafon_crc_uhf": ByteFamily(ChafonDecoder, ChafonDecoder),
    "ds18b20_serial": ByteFamily(Ds18b20Decoder, Ds18b20CaptureDecoder),
    "hf_iso15693": ByteFamily(HfDecoder, HfCaptureDecoder),
    "impinj_r700_mqtt": MessageFamily(R700Decoder, R700Decoder),
    "llrp": ByteFamily(_llrp, _llrp),
    "m100_uhf": ByteFamily(M100Decoder, M100CaptureDecoder),
    "modbus_rtu_temp": ByteFamily(ModbusDecoder, ModbusCaptureDecoder),
    "mqtt_temperature": MessageFamily(
        lambda: MqttTemperatureDecoder([Zigbee2Mqtt(), *other_dialects()]),
        lambda: MqttTemperatureDecoder([Zigbee2MqttCapture(), *other_dialects()]),
    ),
    "sparkplug_b": BirthFamily(SparkplugDecoder, SparkplugCapture),
    "zebra_fx_mqtt": MessageFamily(ZebraDecoder, ZebraDecoder),
    "r2000_a0_uhf": ByteFamily(R2000Decoder, R2000Decoder),
    "thingmagic_m6e": ByteFamily(ThingMagicDecoder, ThingMagicCaptureDecoder),
}
