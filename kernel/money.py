"""Money: exact decimals with a currency, 大写金额, and rounding that has a name and a source.

Binary floating point never carries money: a ``float`` is a ``TypeError``. Amounts of CNY have two
decimals (分). The capitals follow 《支付结算办法》附一「正确填写票据和结算凭证的基本规定」.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction

from kernel.errors import Kind, ReasonForm, Refused

#: Wide enough for every amount and score of the house; scoring itself uses fractions.
_EXACT = Context(prec=60)
FEN = Decimal("0.01")
_LIMIT = Decimal(10) ** 16
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ((1000, "仟"), (100, "佰"), (10, "拾"), (1, ""))

BAD_AMOUNT = ReasonForm(
    "money.bad_amount",
    zh="金额「{value}」不合格：{why}",
    en="the amount {value} is not acceptable: {why}",
)
CURRENCIES_DIFFER = ReasonForm(
    "money.currencies_differ",
    zh="币种不同：{one} 与 {other}",
    en="the currencies differ: {one} and {other}",
    kind=Kind.CONFLICT,
)
BAD_WORDS = ReasonForm(
    "money.bad_words",
    zh="「{text}」不是大写金额",
    en="{text} is not an amount in Chinese capitals",
    law="支付结算办法附一",
)


def half_up(value: Decimal | Fraction, decimals: int) -> Decimal:
    """四舍五入: half away from zero at ``decimals`` places (scoring contract §2), exact for fractions."""
    scaled = Fraction(value) * 10**decimals
    whole, rest = divmod(abs(scaled.numerator), scaled.denominator)
    if 2 * rest >= scaled.denominator:
        whole += 1
    sign = 1 if scaled < 0 and whole else 0
    return Decimal((sign, Decimal(whole).as_tuple().digits, -decimals))


def to_fen(value: Decimal | Fraction) -> Decimal:
    """An amount to the 分, 四舍五入 (支付结算办法附一: amounts end at the 分)."""
    return half_up(value, 2)


def down_to_fen(value: Decimal | Fraction) -> Decimal:
    """An upper limit to the 分, never rounded above what the article allows (招例第二十六条「不得超过」)."""
    scaled = Fraction(value) * 100
    return Decimal(scaled.numerator // scaled.denominator) * FEN


def up_to_fen(value: Decimal | Fraction) -> Decimal:
    """A lower limit to the 分, never rounded under what is asked (「不得少于」)."""
    return -down_to_fen(-value)


@dataclass(frozen=True, order=False)
class Money:
    """``Money(Decimal("8750000.00"))``; ``amount`` is Decimal, int or decimal text, never a float.

    Sums and differences stay in one currency; multiplying answers an exact ``Fraction`` which a named
    rounding function turns back into an amount.
    """

    amount: Decimal
    currency: str = "CNY"

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", _exact(self.amount))

    def __add__(self, other: Money) -> Money:
        return Money(_EXACT.add(self.amount, self._same(other).amount), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(_EXACT.subtract(self.amount, self._same(other).amount), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other).amount

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other).amount

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other).amount

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other).amount

    def times(self, factor: Decimal | int | Fraction) -> Fraction:
        """The exact product, not yet an amount: ``Money(to_fen(price.times(rate)))``."""
        if isinstance(factor, float):
            raise TypeError("money is never multiplied by a float")
        return Fraction(self.amount) * Fraction(factor)

    def shared(self, weights: Sequence[int | Decimal]) -> list[Money]:
        """Split by ``weights`` (≥ 0, not all 0) to the 分; the parts sum up to the whole exactly.

        Odd 分 go to the largest remainders, the first ones among equals.
        """
        parts = _by_largest_remainder(int(self._fen()), [Fraction(w) for w in weights])
        return [Money(Decimal(part) * FEN, self.currency) for part in parts]

    def display(self) -> str:
        """``¥ 8,750,000.00``; other currencies by their code. Digits past the 分 are shown, never cut."""
        decimals = max(2, -int(self.amount.as_tuple().exponent))
        sign = "-" if self.amount < 0 else ""
        mark = "¥" if self.currency == "CNY" else self.currency
        return f"{sign}{mark} {abs(self.amount):,.{decimals}f}"

    def words(self) -> str:
        """人民币大写: ``人民币捌佰柒拾伍万元整``. ``Refused(money.bad_amount)`` for another currency."""
        if self.currency != "CNY":
            raise Refused(
                BAD_AMOUNT(value=self.display(), why="只有人民币有大写 / capitals are for CNY only")
            )
        return "人民币" + words(self.amount)

    def __str__(self) -> str:
        return self.display()

    def _fen(self) -> Decimal:
        fen = self.amount * 100
        if fen != fen.to_integral_value():
            raise Refused(BAD_AMOUNT(value=self.amount, why="不足一分 / smaller than a fen"))
        return fen

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise Refused(CURRENCIES_DIFFER(one=self.currency, other=other.currency))
        return other


def _exact(value: object) -> Decimal:
    if isinstance(value, bool | float):
        raise TypeError("money is a Decimal, an int or decimal text; never a float")
    if not isinstance(value, Decimal | int | str):
        raise TypeError(f"money cannot be made of {type(value).__name__}")
    try:
        amount = Decimal(value)
    except InvalidOperation as error:
        raise Refused(BAD_AMOUNT(value=str(value)[:40], why="不是数 / not a number")) from error
    if not amount.is_finite() or abs(amount) >= _LIMIT or int(amount.as_tuple().exponent) < -10:
        raise Refused(BAD_AMOUNT(value=str(value)[:40], why="超出范围 / out of range"))
    return amount if int(amount.as_tuple().exponent) <= 0 else amount.quantize(Decimal(1))


def _by_largest_remainder(total: int, weights: list[Fraction]) -> list[int]:
    whole = sum(weights, Fraction(0))
    if whole <= 0 or any(w < 0 for w in weights):
        raise Refused(BAD_AMOUNT(value=total, why="权重应 ≥ 0 且不全为 0 / weights must be ≥ 0, not all 0"))
    exact = [abs(total) * w / whole for w in weights]
    parts = [e.numerator // e.denominator for e in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: abs(total) - sum(parts)]:
        parts[i] += 1
    return [-p for p in parts] if total < 0 else parts


def words(amount: Decimal) -> str:
    """大写金额 without the word 人民币: ``捌佰柒拾伍万元整``, ``壹拾万柒仟元伍角叁分``, ``零元整``.

    整 ends what has no 角分; 零 stands once for zeros inside and between 元 and 分. At most two
    decimals, 0 ≤ amount < 10¹⁶, else ``Refused(money.bad_amount)``.
    """
    exact = _exact(amount)
    if exact < 0 or exact != exact.quantize(FEN, ROUND_HALF_UP, _EXACT):
        raise Refused(BAD_AMOUNT(value=exact, why="应非负且至多两位小数 / must be ≥ 0 with two decimals"))
    fen_total = int(exact * 100)
    yuan, rest = divmod(fen_total, 100)
    jiao, fen = divmod(rest, 10)
    text = f"{_integer(yuan)}元" if yuan or not rest else ""
    if not rest:
        return f"{text}整"
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif yuan:
        text += "零"
    return text + (f"{_DIGITS[fen]}分" if fen else "")


def _integer(value: int) -> str:
    if value == 0:
        return "零"
    for size, name in ((10**8, "亿"), (10**4, "万")):
        if value >= size:
            high, low = divmod(value, size)
            gap = "零" if 0 < low < size // 10 else ""
            return f"{_integer(high)}{name}{gap}{_integer(low) if low else ''}"
    return _section(value)


def _section(value: int) -> str:
    """1 … 9999."""
    text, skipped = "", False
    for size, name in _PLACES:
        digit, value = divmod(value, size)
        if digit:
            text += ("零" if skipped and text else "") + _DIGITS[digit] + name
        skipped = digit == 0
    return text


def from_words(text: str) -> Decimal:
    """Read 大写金额 (人民币, 圆, 正 and optional 零 allowed): words beat figures (12号令第十九条).

    Only what some amount is really written as is accepted: ``Refused(money.bad_words)`` otherwise.
    """
    plain = text.strip().removeprefix("人民币").replace("圆", "元").replace("正", "整")
    body = plain.removesuffix("整")
    yuan_text, mark, rest = body.rpartition("元")
    try:
        value = Decimal(_read_integer(yuan_text) if mark else 0) + _read_rest(rest)
    except (ValueError, IndexError) as error:
        raise Refused(BAD_WORDS(text=text[:60])) from error
    written = any(digit in body for digit in _DIGITS)
    if not written or value >= _LIMIT or _bare(words(value)) != _bare(plain):
        raise Refused(BAD_WORDS(text=text[:60]))
    return value.quantize(FEN)


def _bare(text: str) -> str:
    """Without what the rule leaves free: 整, and 零 (one or none)."""
    return text.removesuffix("整").replace("零", "")


def _read_integer(text: str) -> int:
    for size, name in ((10**8, "亿"), (10**4, "万")):
        high, mark, low = text.rpartition(name)
        if mark:
            return _read_integer(high) * size + (_read_integer(low) if low else 0)
    total, digit = 0, 0
    values = {name: size for size, name in _PLACES if name}
    for character in text:
        if character in values:
            total, digit = total + digit * values[character], 0
        else:
            digit = _DIGITS.index(character)
    return total + digit


def _read_rest(text: str) -> Decimal:
    jiao_text, jiao_mark, fen_text = text.rpartition("角")
    jiao = _DIGITS.index(jiao_text.removeprefix("零")) if jiao_mark else 0
    fen_text = fen_text.removeprefix("零")
    if fen_text and not fen_text.endswith("分"):
        raise ValueError(fen_text)
    fen = _DIGITS.index(fen_text.removesuffix("分")) if fen_text else 0
    return Decimal(10 * jiao + fen) * FEN
