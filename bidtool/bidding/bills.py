"""The priced bill of quantities against the tender's columns and the bid's price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from bidtool.bidding.folder import FolderFile
from bidtool.contents import confined
from kernel.bid_rules import BoqRules
from kernel.errors import Reason, ReasonForm, Refused
from kernel.guarantee_terms import figure

_LAW = "GB 50500-2013 第6.1.4条"
NO_BILL = ReasonForm(
    "bid.boq_missing",
    zh="boq/ 中没有可以读取的工程量清单（CSV 或 XLSX）",
    en="there is no bill of quantities (CSV or XLSX) in boq/",
    law=_LAW,
)
COLUMNS = ReasonForm(
    "bid.boq_columns",
    zh="工程量清单 {path} 缺少列：{missing}",
    en="the bill {path} lacks these columns: {missing}",
    law=_LAW,
)
NO_LINES = ReasonForm(
    "bid.boq_empty",
    zh="工程量清单 {path} 没有一行填了工程量、单价和合价（公式的结果要先由表格软件算出并保存）",
    en="no line of {path} has quantity, price and amount (formulas need their saved results)",
    law=_LAW,
)
NO_TOTAL = ReasonForm(
    "bid.boq_no_total",
    zh="工程量清单中没有「{label}」行，或该行没有金额",
    en="the bill has no row {label}, or the row has no amount",
    law="GB 50500-2013 第6.2.8条",
)
TOTAL = ReasonForm(
    "bid.boq_total",
    zh="报价 {price} 与工程量清单的{what} {found} 不相等，相差 {apart}",
    en="the price {price} is not the bill's {what} {found}: {apart} apart",
    law="GB 50500-2013 第6.2.8条",
)
LINE = ReasonForm(
    "bid.boq_line",
    zh="{path} 第 {row} 行：工程量 {quantity} × 单价 {unit} 与合价 {amount} 不符，评标时以单价为准修正",
    en="{path} row {row}: {quantity} × {unit} is not {amount}; the committee corrects by the unit price",
    law="12号令第十九条",
)
UNPRICED = ReasonForm(
    "bid.boq_unpriced",
    zh="{path} 第 {row} 行有工程量而没有填报单价或合价",
    en="{path} row {row} has a quantity but no price",
    law=_LAW,
)


@dataclass
class BillFindings:
    """``words``: what was read, for the report."""

    words: str = "工程量清单"
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)


def bill_findings(files: Sequence[FolderFile], rules: BoqRules, price: Decimal) -> BillFindings:
    """Columns of every file, and the price against the sum of all or the labelled total."""
    out, summed, totals, lines = BillFindings(), Decimal(0), [], 0
    if not files:
        out.reasons.append(NO_BILL())
        return out
    asked = {**asdict(rules), "columns": list(rules.columns)}
    for file in files:
        try:
            seen = confined.look("boq", file.where, file.path, asked)
        except Refused as refusal:
            out.reasons += refusal.reasons
            continue
        if seen["missing"]:
            out.reasons.append(COLUMNS(path=file.path, missing="、".join(seen["missing"])))
        elif not seen["lines"] and seen["total"] is None:
            out.reasons.append(NO_LINES(path=file.path))
        lines, summed = lines + int(seen["lines"]), summed + Decimal(seen["sum"])
        totals += [Decimal(seen["total"])] if seen["total"] is not None else []
        for row, quantity, unit, amount in seen["wrong"]:
            out.notes.append(LINE(path=file.path, row=row, quantity=quantity, unit=unit, amount=amount))
        out.notes += [UNPRICED(path=file.path, row=row) for row in seen["empty"]]
    out.words = f"工程量清单：{len(files)} 个文件，{lines} 行，合计 {figure(summed)}"
    if not out.reasons:
        out.reasons += _total(rules, price, summed, totals, lines)
    return out


def _total(
    rules: BoqRules, price: Decimal, summed: Decimal, totals: list[Decimal], lines: int
) -> list[Reason]:
    """The labelled total must be the price; and without a label the sum of the lines must."""
    if not rules.total:
        return [] if summed == price else [_apart(price, "各行合价之和", summed)]
    if not totals:
        return [NO_TOTAL(label=rules.total)]
    found = sum(totals, Decimal(0))
    return [] if found == price else [_apart(price, f"「{rules.total}」", found)]


def _apart(price: Decimal, what: str, found: Decimal) -> Reason:
    return TOTAL(price=figure(price), what=what, found=figure(found), apart=figure(abs(price - found)))
