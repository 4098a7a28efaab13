"""The bags of a stock, as a spreadsheet gets them."""

from ledger.exchange.stock import stock_csv
from ledger.rules.inventory import Bag

HALF = Bag("unit:A9.1", "RBC_AS", "O", "negative", "place:f", "org:c", "available", 1, "2026-03-09", 50, "U")
PLASMA = Bag("unit:A9.2", "=1+1", None, None, None, None, "pending", None, None, 200, "mL")
NAMELESS = Bag("unit:A9.3", "Z9999V00", None, None, None, None, "pending", None, None, None, None)


def test_a_bag_is_a_line_and_an_amount_is_in_its_measure() -> None:
    assert stock_csv([HALF, PLASMA, NAMELESS]).decode("utf-8-sig").split("\r\n") == [
        "unit,component,abo,rhd,place,holder,state,expires,amount,measure",
        "unit:A9.1,RBC_AS,O,negative,place:f,org:c,available,2026-03-09,0.5,U",
        "unit:A9.2,'=1+1,,,,,pending,,200,mL",
        "unit:A9.3,Z9999V00,,,,,pending,,,",
        "",
    ]
