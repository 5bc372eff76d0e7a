"""Which files of a bid the members see at which step: no prices while they score (暗价)."""

from __future__ import annotations

from evaluation.rules.statuses import AFTER_LOCK, RoomStatus

ROLE_ZH = {
    "technical": "技术文件",
    "commercial": "商务文件",
    "qualification": "资格文件",
    "guarantee": "投标担保",
    "boq": "已标价工程量清单",
    "bid_summary": "开标一览表",
    "other": "其他",
}
_SCORING = frozenset({"technical", "commercial", "qualification", "other"})
_REVIEW = _SCORING | {"guarantee", "boq", "bid_summary"}
_NOTHING: frozenset[str] = frozenset()


def shown_roles(
    status: RoomStatus, *, dual: bool = False, anonymous: frozenset[str] = _NOTHING
) -> frozenset[str]:
    """Roles of bundle files that may be read: none before every member has declared. ``dual``: two envelopes;
    ``anonymous``: the roles of a 暗标, which stand alone until the sheets are locked when there are two envelopes
    (what names a bidder is then reviewed together with the prices)."""
    if status in (RoomStatus.CONVENED, RoomStatus.ELECTING):
        return _NOTHING
    if dual and anonymous and status not in AFTER_LOCK:
        return anonymous
    return _SCORING if status is RoomStatus.SCORING else _REVIEW
