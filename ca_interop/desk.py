"""What ca_interop puts on the desk: entrances for staff, and what needs their eye."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ca_interop import queries
from kernel.actor import Actor, Role
from portal.desk import DeskItem, entrance, provider

entrance("信任列表", "/ca/versions/", Role.TRADING_CENTER, Role.SUPERVISORY_AUTHORITY)
entrance("互认矩阵", "/ca/matrix/", Role.TRADING_CENTER, Role.SUPERVISORY_AUTHORITY)


@provider
def items(actor: Actor, now: datetime) -> Iterable[DeskItem]:
    if not actor.has(Role.TRADING_CENTER):
        return
    newest = queries.newest_list()
    if newest is not None and newest.is_stale(now):
        yield DeskItem(
            f"信任列表第 {newest.version} 版已过更新期限",
            "/ca/versions/",
            note="发布者承诺的新版还没有导入；新增和退出的机构在这里都看不到。",
            action="去导入",
            tone="danger",
        )
    runs = queries.matrix_runs(1)
    if runs and runs[0].failed:
        yield DeskItem(
            f"互认矩阵有 {runs[0].failed} 格不通过", "/ca/matrix/", action="查看", tone="danger", weight=40
        )
