"""Means of what the members of a committee gave: one function for the evaluation room and for everybody
who recomputes its result from the public record.

Each item of each bid for itself: the arithmetic mean over the seats, 四舍五入 to ``decimals`` places.
``drop_extremes`` leaves out one highest and one lowest of them first, if at least three are left over
by a committee of five or more; equal values are separate entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

from kernel.errors import ReasonForm, Refused

MEAN, DROP_EXTREMES = "mean", "drop_extremes"
RULES = (MEAN, DROP_EXTREMES)
UNKNOWN_RULE = ReasonForm(
    "means.unknown_rule",
    zh="没有「{rule}」这种评委分汇总方法",
    en="there is no rule {rule} for the means of members' scores",
)
NO_SCORES = ReasonForm("means.no_scores", zh="没有可以汇总的评分", en="there are no scores to average")
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)

#: ``{bid: {item: points}}``
Sheet = Mapping[str, Mapping[str, Decimal | str]]


def mean(points: Iterable[Decimal | str], rule: str = MEAN, decimals: int = 2) -> Decimal:
    """One item of one bid: what the seats gave → its mean. ``Refused`` for no scores or an unknown rule."""
    values = sorted(Decimal(p) for p in points)
    if rule not in RULES:
        raise Refused(UNKNOWN_RULE(rule=rule))
    if not values:
        raise Refused(NO_SCORES())
    if rule == DROP_EXTREMES and len(values) >= 5:
        values = values[1:-1]
    total = sum(values, Decimal(0))
    return _EXACT.quantize(_EXACT.divide(total, Decimal(len(values))), Decimal(1).scaleb(-decimals))


def item_means(sheets: Sequence[Sheet], rule: str = MEAN, decimals: int = 2) -> dict[str, dict[str, Decimal]]:
    """``{bid: {item: mean}}`` over the sheets of all seats; bids and items are those of the first sheet."""
    if not sheets:
        raise Refused(NO_SCORES())
    return {
        bid: {item: mean([sheet[bid][item] for sheet in sheets], rule, decimals) for item in row}
        for bid, row in sheets[0].items()
    }


def group_scores(means: Mapping[str, Decimal], groups: Mapping[str, str]) -> dict[str, Decimal]:
    """The means of one bid summed by group (``groups``: item → group), in the order of first appearance."""
    out: dict[str, Decimal] = {}
    for item, points in means.items():
        out[groups[item]] = out.get(groups[item], Decimal(0)) + points
    return out
