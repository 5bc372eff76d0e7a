"""What parties puts on the desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from kernel.actor import ROLE_ZH, Actor, Role
from parties import queries
from parties.models import RoleRequest
from portal.desk import DeskItem, entrance, provider

#: A certificate is spoken of this long before it ends: getting a new one takes days.
_SOON = timedelta(days=30)


entrance("单位、人员与身份核实", "/parties/", Role.TRADING_CENTER)
entrance("我的证书", "/certificates/")


@provider
def items(actor: Actor, now: datetime) -> Iterable[DeskItem]:
    if actor.has(Role.TRADING_CENTER):
        waiting = queries.waiting_requests().count()
        if waiting:
            yield DeskItem(f"{waiting} 项身份申请等您核实", "/parties/", action="去核实", weight=40)
    if not actor.person:
        return
    for asked in RoleRequest.objects.filter(person_id=actor.person, decided_at__isnull=True):
        word = ROLE_ZH[Role(asked.role)]
        yield DeskItem(
            f"「{word}」身份等交易中心核实", "/certificates/", action="看我的证书", tone="waiting", weight=60
        )
    for bound in queries.certificates_of(actor).filter(blocked_at__isnull=True, not_after__lt=now + _SOON):
        yield DeskItem(
            "证书快要到期",
            "/certificates/",
            note=f"{bound.subject[:80]}；更新后请登记新证书。",
            action="看我的证书",
            deadline=bound.not_after,
            tone="waiting",
        )
