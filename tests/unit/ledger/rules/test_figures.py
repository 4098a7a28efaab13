"""The figures of a pack one by one, and what a station's own confirmation makes of them."""

from ledger.rules.exposure import judge_log
from ledger.rules.figures import confirmed, figures, find
from ledger.rules.files import pack_text
from ledger.rules.pack_file import parse_pack

CN = parse_pack(pack_text("cn"))
UK = parse_pack(pack_text("uk"))
OURS = 'pack = "fuzhou"\nversion = "1"\nderives = "cn"\n'
EVERYTHING = {figure.row.figure: figure.row.value for figure in [*figures(CN), *figures(UK)]}


def test_every_figure_is_told_once_with_its_source_in_full() -> None:
    told = [figure.row.figure for figure in figures(CN)]
    assert len(told) == len(set(told))
    assert told[:3] == ["cn/returns.ward", "cn/returns.uncontrolled", "cn/WB.store"]
    whole_blood = find(CN, "cn/WB.store")
    assert whole_blood is not None
    assert (whole_blood.component, whole_blood.row.value) == ("WB", "200..600")
    assert whole_blood.citation.startswith("WS 399-2023")
    assert find(CN, "cn/WB_LR.store") is None


def test_a_confirmed_figure_holds_and_says_that_the_station_confirmed_it() -> None:
    known = confirmed(CN, {"cn/RBC_AS.store": "200..600"})
    store, transport = known.limits("RBC_AS", "store"), known.limits("RBC_AS", "transport")
    assert store is not None
    assert transport is not None
    assert (store.holds, store.standing, transport.standing) == (True, "confirmed", "unverified")


def test_a_figure_that_the_pack_says_otherwise_now_is_not_confirmed() -> None:
    for high in (500, 700):
        changed = parse_pack(pack_text("cn").replace("low = 200, high = 600", f"low = 200, high = {high}"))
        known = confirmed(changed, {"cn/RBC_AS.store": "200..600"})
        store = known.limits("RBC_AS", "store")
        assert store is not None
        assert store.standing == "unverified"


def test_a_confirmation_holds_for_what_shares_the_figure() -> None:
    fuzhou = parse_pack(OURS, lambda _: pack_text("cn"))
    known = confirmed(fuzhou, {"cn/RBC_AS.store": "200..600"})
    reduced = known.limits("RBC_AS_LR", "store")
    assert reduced is not None
    assert reduced.standing == "confirmed"


def test_what_was_verified_in_its_source_stays_so() -> None:
    known = confirmed(UK, EVERYTHING)
    told = {figure.row.figure: figure.row.standing for figure in figures(known)}
    assert told["uk/RBC_AS.store"] == "verified"
    assert (told["uk/RBC_AS.dating"], told["uk/returns.ward"]) == ("confirmed", "confirmed")
    assert (told["uk/RBC_AS.irradiated"], told["uk/RBC_AS.allowances.1"]) == ("confirmed", "verified")
    assert not known.verified


def test_every_kind_of_figure_can_be_confirmed() -> None:
    assert {figure.row.standing for figure in figures(confirmed(CN, EVERYTHING))} == {"confirmed"}


def test_nothing_confirmed_changes_nothing() -> None:
    assert confirmed(CN, {}) is CN


def test_a_verdict_says_whether_it_rests_on_the_stations_own_confirmation() -> None:
    samples = [(0, 400), (60_000, 400)]
    before = judge_log(samples, pack=CN, component="RBC_AS", phase="store")
    after = judge_log(samples, pack=confirmed(CN, EVERYTHING), component="RBC_AS", phase="store")
    verified = judge_log(samples, pack=UK, component="RBC_AS", phase="store")
    assert [(each.verified, each.confirmed_here) for each in (before, after, verified)] == [
        (False, False), (True, True), (True, False),
    ]  # fmt: skip
