"""What guarantees puts on the desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from guarantees import queries
from guarantees.models import Guarantee
from guarantees.policy import visible_to
from guarantees.rules.moves import GuaranteeStatus
from kernel.actor import Actor, Role
from portal.desk import DeskItem, entrance, provider

entrance("投标担保", "/guarantees/", Role.PROCURING_ENTITY, Role.PROCUREMENT_AGENT, Role.AGENCY, Role.BIDDER)
entrance("保函开立人", "/guarantees/issuers/", Role.TRADING_CENTER)


@provider
def items(actor: Actor, now: datetime) -> Iterable[DeskItem]:
    if actor.has(Role.TRADING_CENTER) and not queries.in_force(now).exists():
        yield DeskItem(
            "还没有登记保函开立人",
            "/guarantees/issuers/",
            note="名单为空时，任何保函都会核验为不合格。",
            action="去登记",
            weight=45,
        )
    if not actor.has(Role.PROCURING_ENTITY, Role.PROCUREMENT_AGENT):
        return
    unanswered = Guarantee.objects.filter(visible_to(actor), issuer_due_at__isnull=False).count()
    if unanswered:
        yield DeskItem(
            f"{unanswered} 份保函等开立机构答复", "/guarantees/", action="查看", tone="waiting", weight=70
        )
    refused = Guarantee.objects.filter(
        visible_to(actor), issuer_answer__gt="", status=GuaranteeStatus.DEMANDED
    ).count()
    if refused:
        yield DeskItem(f"{refused} 份索赔被开立机构拒付", "/guarantees/", action="去处理", tone="danger")
