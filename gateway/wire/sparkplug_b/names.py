"""Which Sparkplug metrics are temperatures and humidities, told by their names and units.

Sparkplug has no vocabulary: a metric is a path and a number. A unit (`engUnit`) settles it where one was sent; else the
words of its name do, English or Chinese. Set points, limits and the temperatures of processors are no storage.
"""

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TEMPERATURE = {
    "temp",
    "temps",
    "temperature",
    "temperatures",
    "celsius",
    "fahrenheit",
    "tempc",
    "tempf",
    "degc",
    "degf",
}
_HUMIDITY = {"humidity", "rh", "hum"}
_TEMPERATURE_HAN, _HUMIDITY_HAN = re.compile("温度"), re.compile("湿度")
_NOT_STORAGE_HAN = re.compile("设定|设置|目标|[上下]限|阈值|[报告]警|最[高低大小]|平均|校准|偏移|主板|芯片|露点")
_NOT_STORAGE = {
    *("setpoint", "sp", "limit", "alarm", "threshold", "target", "offset", "calibration", "hysteresis", "deadband"),
    *("cpu", "board", "chip", "core", "processor", "soc", "min", "max", "minimum", "maximum", "avg", "average", "mean"),
    *("control", "count", "unit", "units", "status", "state", "rate", "dew"),
}
_FAHRENHEIT_NAME = re.compile(r"fahrenheit|(?:temp|temperature|deg)[ _./-]?f(?![a-z])")
_CELSIUS = {"c", "degc", "celsius", "degreescelsius", "cel"}
_KELVIN = {"k", "kelvin", "degk"}
_FAHRENHEIT = {"f", "degf", "fahrenheit", "degreesfahrenheit"}


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def _plain(unit: str) -> str:
    return re.sub(r"[^a-z]", "", unit.lower())


def is_temperature(name: str, unit: str) -> bool:
    """Whether a metric is the temperature of something that is stored or of the air around it."""
    words = _words(name)
    if ("set" in words and "point" in words) or not words.isdisjoint(_NOT_STORAGE) or _NOT_STORAGE_HAN.search(name):
        return False
    told = not words.isdisjoint(_TEMPERATURE) or _TEMPERATURE_HAN.search(name) is not None
    return told or _plain(unit) in _CELSIUS | _FAHRENHEIT


def is_humidity(name: str) -> bool:
    """Whether a metric is a relative humidity in percent."""
    words = _words(name)
    told = not words.isdisjoint(_HUMIDITY) or _HUMIDITY_HAN.search(name) is not None
    return told and words.isdisjoint(_NOT_STORAGE) and not _NOT_STORAGE_HAN.search(name)


def is_fahrenheit(name: str, unit: str) -> bool:
    """Whether a temperature is in degrees Fahrenheit: its unit says so, or without one its name does."""
    if unit:
        return _plain(unit) in _FAHRENHEIT
    return _FAHRENHEIT_NAME.search(name.lower()) is not None


def is_kelvin(unit: str) -> bool:
    """Whether a temperature is in kelvins."""
    return _plain(unit) in _KELVIN
