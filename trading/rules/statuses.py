"""Every status of a tender, a lot, a bid and an opening session. What the clock alone decides
(is it still possible to ask, has the deadline passed) is computed from times, never stored."""

from __future__ import annotations

from enum import StrEnum


class TenderStatus(StrEnum):
    DRAFT = "draft"
    ANNOUNCED = "announced"
    OPENING = "opening"
    OPENED = "opened"
    CLOSED = "closed"
    FAILED = "failed"
    CANCELLED = "cancelled"


TENDER_ZH = {
    TenderStatus.DRAFT: "编制中",
    TenderStatus.ANNOUNCED: "公告中",
    TenderStatus.OPENING: "开标中",
    TenderStatus.OPENED: "已开标",
    TenderStatus.CLOSED: "已结束",
    TenderStatus.FAILED: "流标",
    TenderStatus.CANCELLED: "终止招标",
}


class LotStatus(StrEnum):
    """What becomes of a lot after its bids are open."""

    PENDING = "pending"
    EVALUATING = "evaluating"
    #: Two envelopes: the technical parts are judged, the price parts still sealed.
    TECHNICAL_EVALUATED = "technical_evaluated"
    REPORTED = "reported"
    CANDIDATES_ANNOUNCED = "candidates_announced"
    AWARDED = "awarded"
    CONTRACTED = "contracted"
    FAILED = "failed"


LOT_ZH = {
    LotStatus.PENDING: "待开标",
    LotStatus.EVALUATING: "评标中",
    LotStatus.TECHNICAL_EVALUATED: "技术评审完成，待开报价",
    LotStatus.REPORTED: "评标报告已提交",
    LotStatus.CANDIDATES_ANNOUNCED: "中标候选人公示",
    LotStatus.AWARDED: "已定标",
    LotStatus.CONTRACTED: "已签合同",
    LotStatus.FAILED: "流标",
}


class BidStatus(StrEnum):
    """Of one envelope. ``WITHDRAWN`` (撤回) is before the deadline, ``REVOKED`` (撤销) after it."""

    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    OPENED = "opened"
    UNDECRYPTABLE = "undecryptable"
    REVOKED = "revoked"
    #: Stays sealed for good: incomplete at the deadline, or the technical part did not pass.
    UNOPENED = "unopened"


BID_ZH = {
    BidStatus.SUBMITTED: "已递交",
    BidStatus.WITHDRAWN: "已撤回",
    BidStatus.OPENED: "已开启",
    BidStatus.UNDECRYPTABLE: "无法开启",
    BidStatus.REVOKED: "已撤销",
    BidStatus.UNOPENED: "不予开启",
}


class SessionStatus(StrEnum):
    """An opening session (开标会). Its steps are the stepper of the hall."""

    SIGN_IN = "sign_in"
    DECRYPTING = "decrypting"
    READING = "reading"
    OBJECTIONS = "objections"
    SIGNING = "signing"
    CLOSED = "closed"
    FAILED = "failed"


SESSION_ZH = {
    SessionStatus.SIGN_IN: "签到",
    SessionStatus.DECRYPTING: "解密",
    SessionStatus.READING: "唱标",
    SessionStatus.OBJECTIONS: "异议与答复",
    SessionStatus.SIGNING: "确认开标记录",
    SessionStatus.CLOSED: "闭会",
    SessionStatus.FAILED: "流标",
}


class CauseOfFailure(StrEnum):
    """Why a bid did not open; the law treats them differently (20号令第三十一条)."""

    NONE = ""
    BIDDER = "bidder"
    PLATFORM = "platform"
    UNKNOWN = "unknown"
