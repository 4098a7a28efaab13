"""A text as a Chinese input method that is set to full width makes it."""

WIDE = {each: each + 0xFEE0 for each in range(0x21, 0x7F)}


def wide(text: str) -> str:
    """Every printable character of ASCII in its full-width form, U+FF01 to U+FF5E."""
    return text.translate(WIDE)
