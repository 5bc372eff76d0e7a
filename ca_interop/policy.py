"""Who may import a trust list."""

from __future__ import annotations

from kernel.actor import Actor, Role
from kernel.errors import Kind, Reason, ReasonForm

ONLY_CENTER = ReasonForm(
    "trust_list.only_center",
    zh="只有交易中心人员可以导入信任列表",
    en="only trading-center staff may import a trust list",
    kind=Kind.FORBIDDEN,
)


def may_import(actor: Actor, row: object) -> Reason | None:
    return None if actor.is_system or actor.has(Role.TRADING_CENTER) else ONLY_CENTER()
