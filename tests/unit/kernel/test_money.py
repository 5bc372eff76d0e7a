"""Money: capitals case by case, floats kept out, rounding by name."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from kernel.errors import Refused
from kernel.money import Money, down_to_fen, from_words, half_up, to_fen, up_to_fen, words
from sealing.bid_summary import _WORDS

CASES = {
    "0": "零元整",
    "0.05": "伍分",
    "0.50": "伍角",
    "0.55": "伍角伍分",
    "1": "壹元整",
    "10": "壹拾元整",
    "15.00": "壹拾伍元整",
    "100.5": "壹佰元伍角",
    "105": "壹佰零伍元整",
    "325.04": "叁佰贰拾伍元零肆分",
    "1005": "壹仟零伍元整",
    "1050": "壹仟零伍拾元整",
    "1409.50": "壹仟肆佰零玖元伍角",
    "1680.32": "壹仟陆佰捌拾元叁角贰分",
    "6007.14": "陆仟零柒元壹角肆分",
    "10000": "壹万元整",
    "10001": "壹万零壹元整",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "107000.53": "壹拾万柒仟元伍角叁分",
    "100100": "壹拾万零壹佰元整",
    "1010010": "壹佰零壹万零壹拾元整",
    "8750000.00": "捌佰柒拾伍万元整",
    "10000000": "壹仟万元整",
    "99999999.99": "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
    "100000000": "壹亿元整",
    "100000001": "壹亿零壹元整",
    "100010000": "壹亿零壹万元整",
    "100200000": "壹亿零贰拾万元整",
    "120000000": "壹亿贰仟万元整",
    "1000000001.01": "壹拾亿零壹元零壹分",
    "1000000000000": "壹万亿元整",
    "1000100000000": "壹万零壹亿元整",
    "9999999999999999.99": "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
}


@pytest.mark.parametrize(("figure", "capitals"), CASES.items())
def test_capitals(figure: str, capitals: str) -> None:
    assert words(Decimal(figure)) == capitals
    assert from_words(capitals) == Decimal(figure)
    assert _WORDS.fullmatch(capitals)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("人民币壹仟陆佰捌拾元零叁角贰分", "1680.32"),
        ("人民币壹拾万零柒仟元伍角叁分", "107000.53"),
        ("壹佰圆正", "100.00"),
        ("壹拾元伍角整", "10.50"),
    ],
)
def test_the_spellings_that_the_rule_leaves_free_are_read(text: str, value: str) -> None:
    assert from_words(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", "壹", "元整", "壹佰", "壹壹元整", "12元", "壹仟捌", "壹元贰", "拾佰元整"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="money.bad_words"):
        from_words(text)


@pytest.mark.parametrize("value", ["-1", "0.001", "1e16", "NaN", "Infinity"])
def test_amounts_without_capitals(value: str) -> None:
    with pytest.raises(Refused, match="money.bad_amount"):
        words(Decimal(value))


def test_display_and_words() -> None:
    price = Money(Decimal("8750000.00"))
    assert (price.display(), price.words()) == ("¥ 8,750,000.00", "人民币捌佰柒拾伍万元整")
    assert Money("-0.5").display() == "-¥ 0.50"
    assert Money(5, "USD").display() == "USD 5.00"
    with pytest.raises(Refused, match="money.bad_amount"):
        Money(5, "USD").words()


@pytest.mark.parametrize("value", [1.0, True, None, b"1"])
def test_floats_raise(value: object) -> None:
    with pytest.raises(TypeError):
        Money(value)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money(1).times(0.5)  # type: ignore[arg-type]


def test_currencies_do_not_mix() -> None:
    with pytest.raises(Refused, match="money.currencies_differ"):
        Money(1) + Money(1, "USD")
    assert Money("1.10") + Money("2.20") == Money("3.30")
    assert (Money(2) - Money(3) < Money(0), Money(1) >= Money("1.00")) == (True, True)


def test_rounding_by_name() -> None:
    assert [str(half_up(Decimal(v), 2)) for v in ("1.005", "-1.005", "2.675", "0.004", "-0.004")] == [
        "1.01", "-1.01", "2.68", "0.00", "0.00",
    ]  # fmt: skip
    assert to_fen(Money("100").times(Fraction(1, 3))) == Decimal("33.33")
    assert (down_to_fen(Fraction(199, 10000)), up_to_fen(Fraction(101, 10000))) == (
        Decimal("0.01"),
        Decimal("0.02"),
    )
