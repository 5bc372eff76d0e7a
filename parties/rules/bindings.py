"""What may happen to a certificate that is bound to a person, and to one that waits to be.

A key that is lost counts for nothing from the report on, whatever its authority says later
(电子签名法第十五条). Nobody lifts the block of a key by their own word alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kernel.clock import beijing
from kernel.errors import Kind, Reason, ReasonForm
from kernel.machine import Machine, Move

KEEP_SAFE = "电子签名法第十五条"
TRUE_DATA = "电子签名法第二十条"


class BindingStatus(StrEnum):
    ACTIVE = "active"
    BLOCKED = "blocked"
    RETIRED = "retired"


BINDING_ZH = {
    BindingStatus.ACTIVE: "正常",
    BindingStatus.BLOCKED: "已挂失",
    BindingStatus.RETIRED: "已停用",
}


class RequestStatus(StrEnum):
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


REQUEST_ZH = {
    RequestStatus.WAITING: "等待确认",
    RequestStatus.CONFIRMED: "已确认",
    RequestStatus.DECLINED: "已拒绝",
}

NO_REASON = ReasonForm(
    "certificate.no_reason",
    zh="请写明原因（{limit} 字以内）",
    en="give the reason, in at most {limit} characters",
    field="reason",
)
SOMEONE_ELSE = ReasonForm(
    "certificate.someone_else",
    zh="解除挂失要由持有人和挂失人以外的人办理：本单位管理员或交易中心",
    en="a block is lifted by somebody other than the holder and the one who reported it: the organization's "
    "administrator or the trading center",
    kind=Kind.FORBIDDEN,
    law=KEEP_SAFE,
)
EXPIRED_SINCE = ReasonForm(
    "certificate.expired_since",
    zh="证书已于 {at} 到期，不能恢复使用，请登记新证书",
    en="the certificate expired at {at} and cannot be used again; register a new one",
    kind=Kind.CONFLICT,
    law=KEEP_SAFE,
)
LAST_ONE = ReasonForm(
    "certificate.last_one",
    zh="这是{person}最后一张可用的签名证书，停用后无法登录；请先登记新证书，遗失请改用挂失",
    en="this is the last usable signing certificate of {person}: register the new one first; if it is lost, report that",
    kind=Kind.CONFLICT,
    law=KEEP_SAFE,
)
OVER_BY_ITSELF = ReasonForm(
    "certificate.request_expired",
    zh="新证书已于 {at} 到期，不能再登记",
    en="the new certificate expired at {at} and cannot be registered any more",
    kind=Kind.CONFLICT,
    law=TRUE_DATA,
)
REASON_LIMIT = 200


@dataclass(frozen=True)
class BindingFacts:
    """``actor``, ``holder``, ``reporter``: ids of persons, empty for none. ``others``: how many other usable
    signing certificates the holder has for the same organization; ``signs``: this one is for signing."""

    now: datetime
    not_after: datetime
    actor: str
    holder: str
    reason: str
    person: str = ""
    reporter: str = ""
    others: int = 0
    signs: bool = True
    own: bool = False


def _a_reason(facts: BindingFacts) -> Reason | None:
    return None if 0 < len(facts.reason.strip()) <= REASON_LIMIT else NO_REASON(limit=REASON_LIMIT)


def _by_someone_else(facts: BindingFacts) -> Reason | None:
    return SOMEONE_ELSE() if facts.actor in (facts.holder, facts.reporter) else None


def _not_expired(facts: BindingFacts) -> Reason | None:
    return EXPIRED_SINCE(at=beijing(facts.not_after)) if facts.not_after < facts.now else None


def _another_is_left(facts: BindingFacts) -> Reason | None:
    """Holders do not lock themselves out by mistake; an administrator may retire a colleague who has left."""
    if facts.own and facts.signs and not facts.others and facts.not_after >= facts.now:
        return LAST_ONE(person=facts.person)
    return None


BINDING: Machine[BindingStatus, BindingFacts] = Machine(
    "certificate",
    BindingStatus.ACTIVE,
    (
        Move("block", frozenset({BindingStatus.ACTIVE}), BindingStatus.BLOCKED, KEEP_SAFE, "挂失", (_a_reason,)),
        Move(
            "lift",
            frozenset({BindingStatus.BLOCKED}),
            BindingStatus.ACTIVE,
            KEEP_SAFE,
            "解除挂失",
            (_a_reason, _by_someone_else, _not_expired),
        ),
        Move(
            "retire",
            frozenset({BindingStatus.ACTIVE, BindingStatus.BLOCKED}),
            BindingStatus.RETIRED,
            "电子签名法第十六条",
            "停用",
            (_a_reason, _another_is_left),
        ),
    ),
    BINDING_ZH,
)  # fmt: skip


@dataclass(frozen=True)
class RequestFacts:
    now: datetime
    not_after: datetime
    reason: str


def _has_reason(facts: RequestFacts) -> Reason | None:
    return None if 0 < len(facts.reason.strip()) <= REASON_LIMIT else NO_REASON(limit=REASON_LIMIT)


def _still_valid(facts: RequestFacts) -> Reason | None:
    return OVER_BY_ITSELF(at=beijing(facts.not_after)) if facts.not_after < facts.now else None


CERTIFICATE_REQUEST: Machine[RequestStatus, RequestFacts] = Machine(
    "certificate_request",
    RequestStatus.WAITING,
    (
        Move(
            "confirm",
            frozenset({RequestStatus.WAITING}),
            RequestStatus.CONFIRMED,
            TRUE_DATA,
            "确认新证书",
            (_has_reason, _still_valid),
        ),
        Move(
            "decline",
            frozenset({RequestStatus.WAITING}),
            RequestStatus.DECLINED,
            TRUE_DATA,
            "拒绝新证书",
            (_has_reason,),
        ),
    ),
    REQUEST_ZH,
)

#: How long before its end a certificate is spoken of, and how loudly: getting a new one takes days.
WARNINGS = ((timedelta(days=7), "danger"), (timedelta(days=30), "action"), (timedelta(days=60), "waiting"))


def warning(not_after: datetime, now: datetime) -> tuple[int, str] | None:
    """``(whole days left, tone)`` within 60, 30, 7 days of the end (60 days to the second counts); ``None`` before that and after the end."""
    left = not_after - now
    if left < timedelta(0):
        return None
    return next(((left.days, tone) for limit, tone in WARNINGS if left <= limit), None)
