"""The page of fates: which bags have none and ought to, the closure rate, and the rules that persons set aside."""

from typing import Final

from flask import render_template

from ledger.folding.bedside import OVERRIDDEN
from ledger.read.fates import fates as asked_of
from web.blueprint import pages
from web.context import now_ms, scope, shared, speech
from web.words.rules import RULES

_MOST: Final = 200
"""So many of the bags without a fate are shown, the longest missing: a list of thousands is a program's to read."""


@pages.get("/fates")
def fates() -> str:
    """Of the reader's organisation, or of the whole site."""
    with shared().reading() as reader:
        told = asked_of(reader, holder=scope(), now_ms=now_ms())
        organisations = reader.organisations
    names = {name: speech().name(each) for name, each in organisations.items()}
    rules = {rule: speech().say(RULES[rule]) for rule in OVERRIDDEN}
    return render_template("fates.html", told=told, asked=told.asked, names=names, rules=rules, most=_MOST)
