"""Who may take part in an opening session, and in which capacity."""

from __future__ import annotations

from kernel.actor import PUBLIC, Actor, Role
from kernel.errors import Kind, Reason, ReasonForm
from trading.models import OpeningObjection, OpeningSession, Tender

SIGN_IN_FIRST = ReasonForm(
    "opening.organization_needed",
    zh="请以单位身份登录后再签到",
    en="sign in on behalf of an organization first",
    kind=Kind.FORBIDDEN,
    law="招标投标法第三十五条",
)
ONLY_HOST = ReasonForm(
    "opening.only_host",
    zh="只有主持开标的交易中心人员可以这样做",
    en="only the trading center's host may do this",
    kind=Kind.FORBIDDEN,
    law="招标投标法第三十五条",
)
ONLY_PRESENT = ReasonForm(
    "opening.only_present",
    zh="只有签到到场的投标人可以对开标提出异议",
    en="only bidders who signed in may object to the opening",
    kind=Kind.FORBIDDEN,
    law="招标投标法实施条例第四十四条",
)
ONLY_PROCURER = ReasonForm(
    "opening.only_procuring_entity",
    zh="异议由招标人或其代理机构当场答复",
    en="the procuring entity or its agent answers objections",
    kind=Kind.FORBIDDEN,
    law="招标投标法实施条例第四十四条",
)
NOT_A_PARTY = ReasonForm(
    "opening.not_a_party",
    zh="贵单位不是本次开标的到场方，不能签署开标记录",
    en="your organization does not take part in this opening and cannot sign its record",
    kind=Kind.FORBIDDEN,
    law="电子招标投标办法第三十二条",
)

CAPACITY_ZH = {
    "host": "交易中心（主持）",
    "procuring_entity": "招标人",
    "agent": "招标代理机构",
    "custodian": "密钥托管人",
    "bidder": "投标人",
}


def capacity(actor: Actor, tender: Tender) -> str:
    """In which capacity an organization is here; empty for none. Before the deadline a bidder is whoever
    has the role: nobody can tell, and nobody asks, whether it has submitted."""
    if not actor.organization:
        return ""
    if actor.organization == str(tender.project.procuring_entity_id):
        return "procuring_entity"
    if actor.organization == str(tender.project.agent_id):
        return "agent"
    if actor.has(Role.TRADING_CENTER):
        return "host"
    if any(str(c.organization_id) == actor.organization for c in tender.custodians.all()):
        return "custodian"
    return "bidder" if actor.has(Role.BIDDER) else ""


def may_sign_in(actor: Actor, session: OpeningSession) -> Reason | None:
    return None if actor != PUBLIC and capacity(actor, session.tender) else SIGN_IN_FIRST()


def may_host(actor: Actor, session: OpeningSession) -> Reason | None:
    return None if actor.has(Role.TRADING_CENTER) else ONLY_HOST()


def may_object(actor: Actor, session: OpeningSession) -> Reason | None:
    here = bool(actor.organization) and (
        session.sign_ins.filter(organization_id=actor.organization, capacity="bidder").exists()
    )
    return None if here else ONLY_PRESENT()


def may_answer(actor: Actor, objection: OpeningObjection) -> Reason | None:
    tender = objection.session.tender
    return None if capacity(actor, tender) in ("procuring_entity", "agent") else ONLY_PROCURER()


def may_sign_record(actor: Actor, session: OpeningSession) -> Reason | None:
    """The host, the procuring side, custodians, and bidders who were there or whose bid was opened."""
    what = capacity(actor, session.tender)
    if what == "bidder":
        there = session.sign_ins.filter(organization_id=actor.organization).exists()
        opened = session.tender.lots.filter(bids__bidder_id=actor.organization).exists()
        return None if there or opened else NOT_A_PARTY()
    return None if what else NOT_A_PARTY()


def may_act_by_clock(actor: Actor, session: OpeningSession) -> Reason | None:
    return None if actor.is_system else ONLY_HOST()
