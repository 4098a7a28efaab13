"""Ed25519 signatures with whole numbers alone, as RFC 8032 §5.1 writes them down.

For a gateway in software that shares no line with the product. It takes a millisecond a signature and hides nothing
from who measures the time: never for a key that matters.
"""

import hashlib
from typing import TypeAlias

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
Point: TypeAlias = tuple[int, int, int, int]
"""Extended homogeneous coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z and x*y = T/Z."""
_NEUTRAL: Point = (0, 1, 1, 0)


def public_key(seed: bytes) -> bytes:
    """The 32 bytes of the public key of a seed (§5.1.5)."""
    scalar, _ = _expanded(seed)
    return _encoded(_times_base(scalar))


def sign(seed: bytes, message: bytes) -> bytes:
    """The 64 bytes of a signature over a message (§5.1.6)."""
    scalar, prefix = _expanded(seed)
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % _ORDER
    head = _encoded(_times_base(r))
    k = int.from_bytes(hashlib.sha512(head + _encoded(_times_base(scalar)) + message).digest(), "little") % _ORDER
    return head + ((r + k * scalar) % _ORDER).to_bytes(32, "little")


def _expanded(seed: bytes) -> tuple[int, bytes]:
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little")
    return scalar & ((1 << 254) - 8) | (1 << 254), digest[32:]


def _add(one: Point, other: Point) -> Point:
    """The sum of two points, which may be the same (§5.1.4)."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a, b = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    c, d = 2 * t1 * t2 * _D % _P, 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _base() -> Point:
    """The base point: y = 4/5, and the even x that goes with it (§5.1.3)."""
    y = 4 * pow(5, -1, _P) % _P
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if x & 1:
        x = _P - x
    return x, y, 1, x * y % _P


def _doublings(point: Point) -> tuple[Point, ...]:
    found = [point]
    while len(found) < _ORDER.bit_length() + 2:
        found.append(_add(found[-1], found[-1]))
    return tuple(found)


_POWERS = _doublings(_base())


def _times_base(scalar: int) -> Point:
    total = _NEUTRAL
    for bit, point in enumerate(_POWERS):
        if scalar >> bit & 1:
            total = _add(total, point)
    return total


def _encoded(point: Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, _P)
    return (y * inverse % _P | (x * inverse % _P & 1) << 255).to_bytes(32, "little")
