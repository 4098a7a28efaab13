"""Sans-I/O decoders, one file per device family: bytes in, readings out."""
