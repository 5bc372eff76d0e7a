"""Who may do what with guarantees. Rights on one follow from its tender: the host side demands and
releases; the center lists issuers; what the clock and the opening bring about is the system's."""

from __future__ import annotations

from django.db.models import Q

from guarantees.models import Guarantee
from kernel.actor import Actor, Role
from kernel.errors import Kind, Reason, ReasonForm
from trading.policy.tenders import hosts

ONLY_SYSTEM = ReasonForm(
    "guarantee.only_system",
    zh="投标担保在投标文件开启后由系统核验并记录",
    en="guarantees are examined and recorded by the system once the bid is open",
    kind=Kind.FORBIDDEN,
)
ONLY_CENTER = ReasonForm(
    "guarantee.only_center",
    zh="只有交易中心人员可以维护开立人名单",
    en="only trading-center staff keep the list of issuers",
    kind=Kind.FORBIDDEN,
)
ONLY_HOST = ReasonForm(
    "guarantee.only_host",
    zh="只有招标人或其招标代理机构可以退还投标担保",
    en="only the procuring entity or its agent may release a guarantee",
    kind=Kind.FORBIDDEN,
    law="招标投标法实施条例第五十七条",
)
ONLY_BENEFICIARY = ReasonForm(
    "guarantee.only_beneficiary",
    zh="只有受益人（招标人）可以索赔",
    en="only the beneficiary, the procuring entity, may demand payment",
    kind=Kind.FORBIDDEN,
    law="招标投标法实施条例第三十五条、第七十四条",
)


def may_keep_issuers(actor: Actor, row: object) -> Reason | None:
    return None if actor.has(Role.TRADING_CENTER) or actor.is_system else ONLY_CENTER()


def only_system(actor: Actor, row: object) -> Reason | None:
    return None if actor.is_system else ONLY_SYSTEM()


def may_release(actor: Actor, row: Guarantee) -> Reason | None:
    return None if actor.is_system or hosts(actor, row.bid.lot.tender.project) else ONLY_HOST()


def may_demand(actor: Actor, row: Guarantee) -> Reason | None:
    project = row.bid.lot.tender.project
    owner = actor.organization == str(project.procuring_entity_id) and actor.has(Role.PROCURING_ENTITY)
    return None if owner else ONLY_BENEFICIARY()


def visible_to(actor: Actor) -> Q:
    """Rows an actor sees in the list: the center and the supervisor all, the host its own, a bidder its own."""
    if actor.has(Role.TRADING_CENTER, Role.SUPERVISORY_AUTHORITY):
        return Q()
    if not actor.organization:
        return Q(pk__in=[])
    own = Q(bid__lot__tender__project__procuring_entity_id=actor.organization)
    own |= Q(bid__lot__tender__project__agent_id=actor.organization)
    return own | Q(bid__bidder_id=actor.organization)
