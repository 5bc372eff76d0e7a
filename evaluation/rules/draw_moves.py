"""The draw and the invitations that follow it, as tables of moves."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.rules.statuses import DRAW_ZH, INVITATION_ZH, DrawStatus, InvitationStatus
from kernel.errors import Kind, Reason, ReasonForm
from kernel.machine import Machine, Move

#: Whose secrets are mixed: none of them alone, nor two together, can steer the draw.
PARTIES = ("trading_center", "supervisory_authority", "procuring_entity")
PARTY_ZH = {
    "trading_center": "交易中心",
    "supervisory_authority": "行政监督部门",
    "procuring_entity": "招标人",
}

COMMITMENTS_MISSING = ReasonForm(
    "draw.commitments_missing",
    zh="还缺承诺：{missing}",
    en="commitments are missing: {missing}",
    kind=Kind.CONFLICT,
)
REVEALS_MISSING = ReasonForm(
    "draw.reveals_missing",
    zh="还有未公开的：{missing}",
    en="reveals are missing: {missing}",
    kind=Kind.CONFLICT,
)
SEATS_VACANT = ReasonForm(
    "draw.seats_vacant",
    zh="还有 {vacant} 个席位空缺",
    en="{vacant} seats are vacant",
    kind=Kind.CONFLICT,
    law="招标投标法第三十七条",
)


@dataclass(frozen=True)
class DrawFacts:
    """``committed`` and ``revealed``: names of :data:`PARTIES`; ``vacant``: seats nobody has taken."""

    committed: frozenset[str] = frozenset()
    revealed: frozenset[str] = frozenset()
    vacant: int = 0


def _all_committed(facts: DrawFacts) -> Reason | None:
    missing = [PARTY_ZH[p] for p in PARTIES if p not in facts.committed]
    return COMMITMENTS_MISSING(missing="、".join(missing)) if missing else None


def _all_revealed(facts: DrawFacts) -> Reason | None:
    missing = [PARTY_ZH[p] for p in PARTIES if p not in facts.revealed]
    return REVEALS_MISSING(missing="、".join(missing)) if missing else None


def _no_vacancy(facts: DrawFacts) -> Reason | None:
    return SEATS_VACANT(vacant=facts.vacant) if facts.vacant else None


_DRAW_LAW = "招标投标法第三十七条；实施条例第四十六条"
_REPLACE_LAW = "招标投标法实施条例第四十八条"
S, INV = DrawStatus, InvitationStatus

DRAW: Machine[DrawStatus, DrawFacts] = Machine(
    "draw",
    S.COMMITTING,
    [
        Move("commit", frozenset({S.COMMITTING}), S.COMMITTING, _DRAW_LAW, "提交承诺"),
        Move("close_commitments", frozenset({S.COMMITTING}), S.REVEALING, _DRAW_LAW, "截止承诺",
             (_all_committed,)),
        Move("reveal", frozenset({S.REVEALING}), S.REVEALING, _DRAW_LAW, "公开"),
        Move("draw", frozenset({S.REVEALING}), S.INVITING, _DRAW_LAW, "抽取", (_all_revealed,)),
        Move("void", frozenset({S.COMMITTING, S.REVEALING}), S.VOID, _DRAW_LAW, "作废"),
        Move("form", frozenset({S.INVITING}), S.FORMED, "招标投标法第三十七条", "组成委员会", (_no_vacancy,)),
        Move("vacate", frozenset({S.INVITING}), S.INVITING, _REPLACE_LAW, "更换"),
        Move("reopen", frozenset({S.FORMED}), S.INVITING, _REPLACE_LAW, "补抽"),
    ],
    DRAW_ZH,
)  # fmt: skip


INVITATION: Machine[InvitationStatus, None] = Machine(
    "invitation",
    INV.WAITING,
    [
        Move("invite", frozenset({INV.WAITING}), INV.INVITED, "招标投标法实施条例第四十六条", "通知"),
        Move("accept", frozenset({INV.INVITED}), INV.ACCEPTED, "招标投标法实施条例第四十六条", "接受"),
        Move("decline", frozenset({INV.INVITED}), INV.DECLINED, "12号令第十二条", "谢绝"),
        Move("expire", frozenset({INV.INVITED}), INV.EXPIRED, _REPLACE_LAW, "逾时"),
        Move("replace", frozenset({INV.ACCEPTED}), INV.REPLACED, _REPLACE_LAW, "更换"),
    ],
    INVITATION_ZH,
)
