"""What parties puts on the desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from kernel.actor import ROLE_ZH, Actor, Role
from parties import policy, queries
from parties.models import CertificateBinding, RoleRequest
from portal.desk import DeskItem, entrance, provider

entrance("单位、人员与身份核实", "/parties/", Role.TRADING_CENTER)
entrance("按姓名查人员与证书", "/parties/people/", Role.TRADING_CENTER)
entrance("我的证书和登录方式", "/certificates/")
entrance("本单位人员与证书", "/my-organization/")


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
    yield from _endings(actor, now)
    for row in queries.requests_for(actor)[:20]:
        href = "/parties/" if actor.has(Role.TRADING_CENTER) else "/my-organization/"
        if str(row.person_id) == actor.person:
            href = "/certificates/"
        if row.organization is None:
            href = "/parties/people/"
        where = row.organization.name if row.organization else "个人证书"
        yield DeskItem(
            f"{row.person.name}有一张新证书等您确认",
            href,
            note=f"{where}；{row.subject[:80]}",
            action="去确认",
            weight=30,
        )


def _endings(actor: Actor, now: datetime) -> Iterable[DeskItem]:
    """Certificates that end within 60, 30, 7 days: one's own, and colleagues' for the administrator."""
    rows = CertificateBinding.objects.select_related("person", "organization")
    mine = Q(person_id=actor.person)
    if actor.organization and policy.administers(actor, actor.organization):
        mine |= Q(organization_id=actor.organization)
    for one in queries.standings(rows.filter(mine), actor, now):
        if one.warning is None:
            continue
        own = str(one.row.person_id) == actor.person
        yield DeskItem(
            f"{'证书' if own else one.row.person.name + '的证书'}还有 {one.warning[0]} 天到期",
            "/certificates/" if own else "/my-organization/",
            note=f"{one.row.subject[:80]}；新证书登记后，身份和权利不变。",
            action="看我的证书" if own else "看本单位",
            deadline=one.row.not_after,
            tone=one.warning[1],
        )
