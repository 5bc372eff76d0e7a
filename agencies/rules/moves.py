"""The machines of an admission and of an assignment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from kernel.clock import beijing
from kernel.errors import Kind, Reason, ReasonForm
from kernel.machine import Machine, Move

_LAW = "优化营商环境条例第四十三条"
#: Sign-up is open this long at least; a party has this long to reveal; objections to the choice this long.
LEAST_OPEN = timedelta(days=3)
REVEAL_WINDOW = timedelta(hours=1)
NOTICE_PERIOD = timedelta(days=1)
#: Fewer agencies than this left after recusal: no draw.
LEAST_POOL = 3


class AdmissionStatus(StrEnum):
    APPLIED = "applied"
    ADMITTED = "admitted"
    RETURNED = "returned"
    EXITED = "exited"


class AssignmentStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    SELECTED = "selected"
    CONTRACTED = "contracted"
    FAILED = "failed"
    CANCELLED = "cancelled"


ADMISSION_ZH = {
    AdmissionStatus.APPLIED: "待核实",
    AdmissionStatus.ADMITTED: "已入驻",
    AdmissionStatus.RETURNED: "已退回",
    AdmissionStatus.EXITED: "已退出",
}
ASSIGNMENT_ZH = {
    AssignmentStatus.OPEN: "报名中",
    AssignmentStatus.CLOSED: "待抽取",
    AssignmentStatus.SELECTED: "中选公示",
    AssignmentStatus.CONTRACTED: "合同已备案",
    AssignmentStatus.FAILED: "报名不足",
    AssignmentStatus.CANCELLED: "已终止",
}

STILL_OPEN = ReasonForm(
    "assignment.still_open",
    zh="报名到 {closing} 截止，现在是 {now}，不能提前结束",
    en="sign-up is open until {closing}; it is {now}",
    kind=Kind.CONFLICT,
)
SIGN_UP_OVER = ReasonForm(
    "assignment.sign_up_over",
    zh="报名已于 {closing} 截止，现在是 {now}",
    en="sign-up ended on {closing}; it is {now}",
    kind=Kind.CONFLICT,
)
TOO_FEW = ReasonForm(
    "assignment.too_few",
    zh="回避后只有 {found} 家，少于公告的 {least} 家，不抽取",
    en="{found} agencies are left after recusal, fewer than the announced {least}: no draw",
    kind=Kind.CONFLICT,
)
ENOUGH = ReasonForm(
    "assignment.enough",
    zh="回避后有 {found} 家，已达 {least} 家，应当抽取",
    en="{found} agencies are left, {least} suffice: the draw is due",
    kind=Kind.CONFLICT,
)
NOT_REVEALED = ReasonForm(
    "assignment.not_revealed",
    zh="还有一方没有公开随机数",
    en="a party has not revealed its random number",
    kind=Kind.CONFLICT,
)
NOTICE_RUNS = ReasonForm(
    "assignment.notice_runs",
    zh="中选公示到 {until} 结束，现在是 {now}，合同还不能备案",
    en="the selection notice runs until {until}; it is {now}",
    kind=Kind.CONFLICT,
)
OVER_FEE = ReasonForm(
    "assignment.contract_over_budget",
    zh="合同金额 {amount} 元，高于公告的服务费 {budget} 元",
    en="the contract's {amount} yuan exceed the announced fee of {budget}",
    field="amount",
)


@dataclass(frozen=True)
class AssignmentFacts:
    """What an assignment is judged on. ``pool``: agencies left after recusal; ``notice_until`` when chosen;
    ``amount`` of the contract to be filed."""

    now: datetime
    closing_at: datetime
    pool: int = 0
    least: int = LEAST_POOL
    revealed: bool = False
    notice_until: datetime | None = None
    budget: Decimal = Decimal("0.00")
    amount: Decimal = Decimal("0.00")


def _not_before_closing(facts: AssignmentFacts) -> Reason | None:
    if facts.now >= facts.closing_at:
        return None
    return STILL_OPEN(closing=beijing(facts.closing_at), now=beijing(facts.now))


def _not_after_closing(facts: AssignmentFacts) -> Reason | None:
    """A sign-up counts until the closing moment itself, by the platform's clock."""
    if facts.now < facts.closing_at:
        return None
    return SIGN_UP_OVER(closing=beijing(facts.closing_at), now=beijing(facts.now, fraction=True))


def _enough(facts: AssignmentFacts) -> Reason | None:
    return None if facts.pool >= facts.least else TOO_FEW(found=facts.pool, least=facts.least)


def _too_few(facts: AssignmentFacts) -> Reason | None:
    return None if facts.pool < facts.least else ENOUGH(found=facts.pool, least=facts.least)


def _all_revealed(facts: AssignmentFacts) -> Reason | None:
    return None if facts.revealed else NOT_REVEALED()


def _notice_over(facts: AssignmentFacts) -> Reason | None:
    if facts.notice_until is None or facts.now >= facts.notice_until:
        return None
    return NOTICE_RUNS(until=beijing(facts.notice_until), now=beijing(facts.now))


def _within_fee(facts: AssignmentFacts) -> Reason | None:
    if facts.amount <= facts.budget:
        return None
    return OVER_FEE(amount=f"{facts.amount:,.2f}", budget=f"{facts.budget:,.2f}")


A, S = AdmissionStatus, AssignmentStatus
ADMISSION: Machine[AdmissionStatus, None] = Machine(
    "admission",
    A.APPLIED,
    (
        Move("admit", frozenset({A.APPLIED}), A.ADMITTED, _LAW, "准予入驻"),
        Move("return", frozenset({A.APPLIED}), A.RETURNED, _LAW, "退回"),
        Move("apply_again", frozenset({A.RETURNED, A.EXITED}), A.APPLIED, _LAW, "再次申请"),
        Move("exit", frozenset({A.ADMITTED}), A.EXITED, _LAW, "退出"),
    ),
    ADMISSION_ZH,
)
ASSIGNMENT: Machine[AssignmentStatus, AssignmentFacts] = Machine(
    "assignment",
    S.OPEN,
    (
        Move("apply", frozenset({S.OPEN}), S.OPEN, _LAW, "报名", (_not_after_closing,)),
        Move("close", frozenset({S.OPEN}), S.CLOSED, _LAW, "截止报名", (_not_before_closing, _enough)),
        Move("fail", frozenset({S.OPEN}), S.FAILED, _LAW, "报名不足", (_not_before_closing, _too_few)),
        Move("commit", frozenset({S.CLOSED}), S.CLOSED, _LAW, "承诺随机数"),
        Move("reveal", frozenset({S.CLOSED}), S.CLOSED, _LAW, "公开随机数"),
        Move("restart", frozenset({S.CLOSED}), S.CLOSED, _LAW, "重新抽取"),
        Move("select", frozenset({S.CLOSED}), S.SELECTED, _LAW, "抽取", (_all_revealed,)),
        Move(
            "file_contract",
            frozenset({S.SELECTED}),
            S.CONTRACTED,
            "民法典第四百六十五条",
            "合同备案",
            (_notice_over, _within_fee),
        ),
        Move("cancel", frozenset({S.OPEN, S.CLOSED}), S.CANCELLED, _LAW, "终止"),
    ),
    ASSIGNMENT_ZH,
)
