"""A passport as a download: named after what it is about, and never shown as a page of this site."""

from ledger.core.passport import out_of_page
from tests.support.golden import FOLDER, NOTE, RED
from web.download import passport_file, passport_page_file

RAW = (FOLDER / "passport" / "good.json").read_bytes()


def test_it_is_a_file_to_save_named_after_its_subject() -> None:
    for subject, name in ((RED, "A999926000001.A0002V00"), (NOTE, "N-1")):
        given = passport_file(RAW, subject)
        assert (given.data, given.content_type) == (RAW, "application/json")
        assert given.headers["Content-Disposition"] == f'attachment; filename="passport-{name}.json"'
        page = passport_page_file(RAW, subject)
        assert out_of_page(page.data) == RAW
        assert page.headers["Content-Disposition"] == f'attachment; filename="passport-{name}.html"'
        assert page.content_type.startswith("text/html")
