"""HTML as a tree: text stays text."""

from gateway.page.html import document, element, icon, table


def test_text_and_attributes_are_escaped() -> None:
    made = document(element("p", "<i>", element("b", "&"), "tail", title='"x"', class_="a", data_head="h")).decode()
    assert made == ('<!doctype html>\n<p title="&quot;x&quot;" class="a" data-head="h">&lt;i&gt;<b>&amp;</b>tail</p>')


def test_a_cell_knows_its_head_for_narrow_screens() -> None:
    assert b'<td data-head="State">ok</td>' in document(table(["State"], [["ok"]]))


def test_an_icon_is_silent_for_who_listens() -> None:
    assert icon("stop").get("aria-hidden") == "true"
