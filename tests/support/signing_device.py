"""A signing device as a site might have one: ECDSA P-256 over SHA-256, of a type that the ledger does not know.

Run as a program it signs stdin: `python signing_device.py sign`, or misbehaves: `fail`, `hang`, `silent`, `long`.
"""

import hashlib
import sys
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TYPE = b"\xffexample.org/p256\n"
_PRIVATE = ec.derive_private_key(int.from_bytes(hashlib.sha256(b"device").digest()), ec.SECP256R1())


def public_key() -> bytes:
    """What stands in the vkey after the type byte: the type's own name and the compressed point."""
    point = _PRIVATE.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return TYPE[1:] + point


def verify(signature: bytes, text: bytes) -> None:
    """Raises InvalidSignature unless the device signed the text."""
    _PRIVATE.public_key().verify(signature, text, ec.ECDSA(hashes.SHA256()))


def main() -> None:
    """Sign stdin, or misbehave as asked."""
    text = sys.stdin.buffer.read()
    match sys.argv[1]:
        case "sign":
            sys.stdout.buffer.write(_PRIVATE.sign(text, ec.ECDSA(hashes.SHA256())))
        case "fail":
            sys.exit("no such slot")
        case "hang":
            time.sleep(30)
        case "long":
            sys.stdout.buffer.write(bytes(20_000))
        case _:
            pass


if __name__ == "__main__":
    main()
