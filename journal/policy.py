"""Who may move the training clock."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from kernel.actor import Actor, Role
from kernel.errors import Kind, Reason, ReasonForm

NOT_TRAINING = ReasonForm(
    "clock.not_training",
    zh="本平台不是演练环境，时间不能推进",
    en="this is no training deployment: its clock cannot be moved",
    kind=Kind.FORBIDDEN,
)
ONLY_CENTER = ReasonForm(
    "clock.only_center",
    zh="只有交易中心人员可以推进演练时钟",
    en="only trading-center staff may move the training clock",
    kind=Kind.FORBIDDEN,
)


def may_advance_clock(actor: Actor, row: Any) -> Reason | None:
    if not settings.TRAINING:
        return NOT_TRAINING()
    return None if actor.has(Role.TRADING_CENTER) or actor.is_system else ONLY_CENTER()
