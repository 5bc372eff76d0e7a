"""Whether a tender may be announced, and whether its deadline stands after a clarification.

Periods are Beijing days; the first day is not counted (民法典第二百零一条), so a period of 20 days from the
1st ends on the 21st, and a deadline on the 21st has left 20 days: equal passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kernel.calendar import CHINA
from kernel.clock import BEIJING
from kernel.errors import Kind, Reason, ReasonForm
from kernel.guarantee_terms import figure, legal_cap
from trading.rules.rulebook import Rulebook

_ACT, _R = "招标投标法", "招标投标法实施条例"

MISSING = ReasonForm(
    "tender.incomplete", zh="还缺：{what}", en="still missing: {what}", law=f"{_ACT}第十九条"
)
OFFER_TOO_SHORT = ReasonForm(
    "tender.offer_too_short",
    zh="招标文件自 {start} 起提供至 {end}，只有 {found} 日，不得少于 {least} 日",
    en="the documents are on offer from {start} to {end}: {found} days, at least {least} are needed",
    law=f"{_R}第十六条",
    field="documents_until",
)
TIME_TO_BID_TOO_SHORT = ReasonForm(
    "tender.time_to_bid_too_short",
    zh="自 {start} 发出招标文件至 {end} 投标截止，只有 {found} 日，不得少于 {least} 日",
    en="from the issue of the documents on {start} to the deadline on {end}: {found} days, at least {least} are needed",
    law=f"{_ACT}第二十四条",
    field="submission_deadline",
)
ENQUIRY_TOO_LATE = ReasonForm(
    "tender.enquiry_deadline_too_late",
    zh="提问截止 {found} 应在投标截止 {deadline} 至少 {least} 日之前",
    en="enquiries end on {found}: at least {least} days before the submission deadline of {deadline} are needed",
    law=f"{_R}第二十二条",
    field="enquiry_deadline",
)
OFFER_AFTER_DEADLINE = ReasonForm(
    "tender.offer_after_deadline",
    zh="招标文件提供期限 {found} 晚于投标截止时间 {deadline}",
    en="the documents are on offer until {found}, after the submission deadline of {deadline}",
    law=f"{_R}第十六条",
    field="documents_until",
)
ENQUIRY_TOO_EARLY = ReasonForm(
    "tender.enquiry_deadline_too_early",
    zh="提问截止 {found} 早于招标文件开始提供的时间 {start}",
    en="enquiries end on {found}, before the documents are on offer from {start}",
    law=f"{_R}第二十二条",
    field="enquiry_deadline",
)
BOND_OVER_CAP = ReasonForm(
    "tender.bond_over_cap",
    zh="标段 {lot} 的投标保证金 {found} 超过法定上限 {cap}（估算价的 2%{second}）",
    en="the bid security of lot {lot} is {found}, over the legal cap {cap} (2 % of the estimate{second})",
    law=f"{_R}第二十六条",
    field="lots",
)
CEILING_MISSING = ReasonForm(
    "tender.ceiling_missing",
    zh="标段 {lot} 没有最高投标限价：国有资金投资的建筑工程应当设有最高投标限价",
    en="lot {lot} has no ceiling price: works paid with state funds need one",
    law="建筑工程施工发包与承包计价管理办法（住房城乡建设部令第16号）第六条",
    field="lots",
)
CEILING_OVER_ESTIMATE = ReasonForm(
    "tender.ceiling_over_estimate",
    zh="标段 {lot} 的最高投标限价 {found} 超过批准的估算 {estimate}，应先报原审批部门审核",
    en="the ceiling of lot {lot} is {found}, over the approved estimate {estimate}: have it reviewed first",
    law="GB 50500-2013 第5.1.5条",
    field="lots",
)
LOTS_OVER_PROJECT = ReasonForm(
    "tender.lots_over_project",
    zh="各标段估算价合计 {found}，超过项目估算 {estimate}",
    en="the lots' estimates sum up to {found}, over the project's estimate {estimate}",
    law=f"{_R}第七条",
    field="lots",
)
CLARIFICATION_TOO_LATE = ReasonForm(
    "tender.clarification_too_late",
    zh="澄清或修改可能影响投标文件编制，距投标截止 {deadline} 只有 {found} 日，不足 {least} 日，应当顺延投标截止时间",
    en="the change may affect bids and only {found} days are left to the deadline of {deadline}; at least {least} are "
    "needed: move the deadline",
    kind=Kind.CONFLICT,
    law=f"{_ACT}第二十三条；{_R}第二十一条",
    field="submission_deadline",
)
DEADLINE_EARLIER = ReasonForm(
    "tender.deadline_earlier",
    zh="投标截止时间只能顺延：现为 {deadline}，不能改为 {found}",
    en="the submission deadline can only be moved later: it is {deadline}, {found} is not possible",
    law=f"{_R}第二十一条",
    field="submission_deadline",
)
ENQUIRY_OVER = ReasonForm(
    "enquiry.over",
    zh="提问已于 {deadline} 截止",
    en="enquiries ended at {deadline}",
    kind=Kind.CONFLICT,
    law=f"{_R}第二十二条",
)
OBJECTION_OVER = ReasonForm(
    "enquiry.objection_over",
    zh="对招标文件的异议应在投标截止 {deadline} 至少 {least} 日前提出，现在只剩 {found} 日",
    en="objections to the documents come at least {least} days before the deadline of {deadline}; {found} are left",
    kind=Kind.CONFLICT,
    law=f"{_R}第二十二条",
)
OFFER_OVER = ReasonForm(
    "document.offer_over",
    zh="招标文件提供期限为 {start} 至 {end}，现在不能获取",
    en="the bidding documents are on offer from {start} to {end}: they cannot be taken now",
    kind=Kind.CONFLICT,
    law=f"{_R}第十六条",
)


@dataclass(frozen=True)
class Schedule:
    """The four times of a tender, aware."""

    documents_from: datetime
    documents_until: datetime
    enquiry_deadline: datetime
    submission_deadline: datetime


@dataclass(frozen=True)
class LotMoney:
    lot: str
    estimate: Decimal
    ceiling_price: Decimal | None
    bond_amount: Decimal


def minute(at: datetime) -> str:
    """``2026-12-21 09:30`` in Beijing, for reasons."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def schedule_reasons(plan: Schedule, now: datetime, book: Rulebook) -> tuple[Reason, ...]:
    """What the law has against the schedule if the notice goes out ``now``: the documents are issued at
    ``documents_from``, but never before the notice."""
    issue, deadline = max(now, plan.documents_from), plan.submission_deadline
    offer, bidding = CHINA.days_between(issue, plan.documents_until), CHINA.days_between(issue, deadline)
    ahead = CHINA.days_between(plan.enquiry_deadline, deadline)
    start, end = minute(issue), minute(deadline)
    found = (
        OFFER_TOO_SHORT(
            start=start, end=minute(plan.documents_until), found=offer, least=book.offer_days.days
        )
        if offer < book.offer_days.days
        else None,
        TIME_TO_BID_TOO_SHORT(start=start, end=end, found=bidding, least=book.bidding_days.days)
        if bidding < book.bidding_days.days
        else None,
        OFFER_AFTER_DEADLINE(found=minute(plan.documents_until), deadline=end)
        if plan.documents_until > deadline
        else None,
        ENQUIRY_TOO_LATE(
            found=minute(plan.enquiry_deadline), deadline=end, least=book.objection_before_deadline_days.days
        )
        if ahead < book.objection_before_deadline_days.days
        else None,
        ENQUIRY_TOO_EARLY(found=minute(plan.enquiry_deadline), start=start)
        if plan.enquiry_deadline <= issue
        else None,
    )
    return tuple(reason for reason in found if reason is not None)


def bond_cap(estimate: Decimal, book: Rulebook) -> Decimal:
    """Most the bid security of a lot may be, by the tender's own rulebook."""
    cap = legal_cap(estimate, works=book.category in ("works", "goods"))
    return min(cap, book.bond_cap.value) if book.bond_cap else cap


def money_reasons(
    lots: tuple[LotMoney, ...], project_estimate: Decimal, state_funded: bool, book: Rulebook
) -> tuple[Reason, ...]:
    """Bid securities, ceilings and estimates against their limits."""
    found: list[Reason] = []
    for lot in lots:
        cap = bond_cap(lot.estimate, book)
        if lot.bond_amount > cap:
            second = f"，且不超过 / and at most {figure(book.bond_cap.value)}" if book.bond_cap else ""
            found.append(
                BOND_OVER_CAP(lot=lot.lot, found=figure(lot.bond_amount), cap=figure(cap), second=second)
            )
        if lot.ceiling_price is None:
            if state_funded and book.category == "works":
                found.append(CEILING_MISSING(lot=lot.lot))
        elif lot.ceiling_price > lot.estimate:
            found.append(
                CEILING_OVER_ESTIMATE(
                    lot=lot.lot, found=figure(lot.ceiling_price), estimate=figure(lot.estimate)
                )
            )
    total = sum((lot.estimate for lot in lots), Decimal(0))
    if total > project_estimate:
        found.append(LOTS_OVER_PROJECT(found=figure(total), estimate=figure(project_estimate)))
    return tuple(found)


def moved_deadline_reasons(
    now: datetime, deadline: datetime, wanted: datetime | None, affects_bids: bool, book: Rulebook
) -> tuple[Reason, ...]:
    """A clarification at ``now``: the deadline that holds afterwards must leave 15 days when bids are
    affected, and a deadline never comes earlier (招例第二十一条)."""
    after = wanted or deadline
    if after < deadline:
        return (DEADLINE_EARLIER(deadline=minute(deadline), found=minute(after)),)
    least, found = book.clarification_before_deadline_days.days, CHINA.days_between(now, after)
    if affects_bids and found < least:
        return (CLARIFICATION_TOO_LATE(deadline=minute(after), found=found, least=least),)
    return ()


def may_ask(
    kind: str, now: datetime, enquiry_deadline: datetime, deadline: datetime, book: Rulebook
) -> Reason | None:
    """An enquiry until the printed time; an objection as long as the law leaves, whatever is printed."""
    if kind == "objection":
        least, left = book.objection_before_deadline_days.days, CHINA.days_between(now, deadline)
        return OBJECTION_OVER(deadline=minute(deadline), least=least, found=left) if left < least else None
    return ENQUIRY_OVER(deadline=minute(enquiry_deadline)) if now >= enquiry_deadline else None


def may_take(now: datetime, start: datetime, end: datetime) -> Reason | None:
    """Bidding documents are taken while they are on offer; the last moment counts."""
    return None if start <= now <= end else OFFER_OVER(start=minute(start), end=minute(end))
