"""Every status of a draw, an invitation and an evaluation."""

from __future__ import annotations

from enum import StrEnum


class DrawStatus(StrEnum):
    COMMITTING = "committing"
    REVEALING = "revealing"
    INVITING = "inviting"
    FORMED = "formed"
    VOID = "void"


DRAW_ZH = {
    DrawStatus.COMMITTING: "等待各方承诺",
    DrawStatus.REVEALING: "等待各方公开",
    DrawStatus.INVITING: "通知专家",
    DrawStatus.FORMED: "委员会组成",
    DrawStatus.VOID: "作废",
}


class InvitationStatus(StrEnum):
    """What becomes of one ticket of a drawn order."""

    WAITING = "waiting"
    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    REPLACED = "replaced"


INVITATION_ZH = {
    InvitationStatus.WAITING: "候补",
    InvitationStatus.INVITED: "待答复",
    InvitationStatus.ACCEPTED: "已接受",
    InvitationStatus.DECLINED: "谢绝",
    InvitationStatus.EXPIRED: "逾时未答",
    InvitationStatus.REPLACED: "已更换",
}


class RoomStatus(StrEnum):
    """The steps of an evaluation room; ``step`` of the room's state."""

    CONVENED = "convened"
    ELECTING = "electing"
    REVIEWING = "reviewing"
    SCORING = "scoring"
    #: Two envelopes only: technical sheets are locked, prices still sealed; then prices are reviewed.
    AWAITING_PRICE = "awaiting_price"
    PRICE_REVIEWING = "price_reviewing"
    CALCULATED = "calculated"
    SIGNING = "signing"
    FINISHED = "finished"
    #: The lot came to its end elsewhere: the tender was called off, or the lot failed.
    TERMINATED = "terminated"


#: Nothing more happens in these rooms.
ROOM_ENDED = frozenset({RoomStatus.FINISHED, RoomStatus.TERMINATED})
#: Steps that only the room of a lot in two envelopes goes through.
DUAL_STEPS = frozenset({RoomStatus.AWAITING_PRICE, RoomStatus.PRICE_REVIEWING})
#: From here on sheets are locked: who stands behind an anonymous part may be seen.
AFTER_LOCK = frozenset(
    {RoomStatus.AWAITING_PRICE, RoomStatus.PRICE_REVIEWING, RoomStatus.CALCULATED, RoomStatus.SIGNING,
     RoomStatus.FINISHED, RoomStatus.TERMINATED}
)  # fmt: skip

ROOM_ZH = {
    RoomStatus.CONVENED: "签署声明",
    RoomStatus.ELECTING: "推选组长",
    RoomStatus.REVIEWING: "初步评审",
    RoomStatus.SCORING: "详细评审",
    RoomStatus.AWAITING_PRICE: "等待开启报价",
    RoomStatus.PRICE_REVIEWING: "报价评审",
    RoomStatus.CALCULATED: "汇总",
    RoomStatus.SIGNING: "签署报告",
    RoomStatus.FINISHED: "评标结束",
    RoomStatus.TERMINATED: "评标终止",
}

#: The stepper: what the law says at each step.
ROOM_LAW = {
    RoomStatus.CONVENED: "12号令第十二条、第十三条",
    RoomStatus.ELECTING: "12号令第九条",
    RoomStatus.REVIEWING: "招标投标法实施条例第五十一条；12号令第二十三条至第二十六条",
    RoomStatus.SCORING: "招标投标法第四十条；实施条例第四十九条",
    RoomStatus.AWAITING_PRICE: "招标投标法实施条例第四十九条",
    RoomStatus.PRICE_REVIEWING: "招标投标法实施条例第五十一条；12号令第二十三条至第二十六条",
    RoomStatus.CALCULATED: "12号令第三十七条",
    RoomStatus.SIGNING: "招标投标法实施条例第五十三条；12号令第四十三条",
    RoomStatus.FINISHED: "招标投标法第四十条",
    RoomStatus.TERMINATED: "招标投标法实施条例第三十一条；招标投标法第四十二条",
}


class PauseStatus(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"


PAUSE_ZH = {PauseStatus.RUNNING: "进行中", PauseStatus.PAUSED: "已暂停"}
