"""Downloads: a passport as JSON or as the page that verifies itself, and evidence; files to save, never a page here."""

from flask import Response

from ledger.passport_page import PAGE_TYPE, page_of


def passport_file(raw: bytes, subject: str) -> Response:
    """The passport's own bytes.

    Args:
        raw: the passport.
        subject: the unit or dispatch note that it is about, which names the file.
    """
    return _file(raw, f"{_stem(subject)}.json", content_type="application/json")


def passport_page_file(raw: bytes, subject: str) -> Response:
    """The same passport in a page that verifies itself off line."""
    return _file(page_of(raw), f"{_stem(subject)}.html", content_type=PAGE_TYPE)


def sealed_file(raw: bytes, name: str) -> Response:
    """Bytes of which nobody here vouches what they are: saved, and by no browser taken for anything else.

    Args:
        raw: the file.
        name: the name to save it under, of plain letters.
    """
    response = _file(raw, name, content_type="application/octet-stream")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _file(raw: bytes, name: str, *, content_type: str) -> Response:
    response = Response(raw, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _stem(subject: str) -> str:
    return f"passport-{subject.partition(':')[2]}"
