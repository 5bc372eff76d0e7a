"""Who may do what with projects, tenders, documents and enquiries.

The host side is the procuring entity and, on its written commission, the agent (招例第十三、十四条): a right
that follows from the project's row, not from a table of rights.
"""

from __future__ import annotations

from kernel.actor import Actor, Role
from kernel.errors import Kind, Reason, ReasonForm
from trading.models import Enquiry, Project, Tender, TenderDocument
from trading.rules.statuses import TenderStatus

ONLY_ENTITY = ReasonForm(
    "project.only_procuring_entity",
    zh="只有招标人可以这样做",
    en="only the procuring entity may do this",
    kind=Kind.FORBIDDEN,
    law="招标投标法第八条、第十二条",
)
ONLY_HOST = ReasonForm(
    "tender.only_host",
    zh="只有招标人或其书面委托的招标代理机构可以这样做",
    en="only the procuring entity or its commissioned agent may do this",
    kind=Kind.FORBIDDEN,
    law="招标投标法第十二条；招标投标法实施条例第十四条",
)
ONLY_BIDDER = ReasonForm(
    "tender.only_bidder",
    zh="请以投标人单位身份登录后办理",
    en="sign in on behalf of a bidder first",
    kind=Kind.FORBIDDEN,
    law="招标投标法第二十五条",
)
OWN_TENDER = ReasonForm(
    "tender.own_tender",
    zh="招标人和招标代理机构不得参加本项目投标，也不得获取投标人的资料",
    en="the procuring entity and its agent do not take part in their own tender as bidders",
    kind=Kind.FORBIDDEN,
    law="招标投标法实施条例第十三条、第三十四条",
)
NO_TENDER = ReasonForm(
    "tender.not_found", zh="没有招标「{number}」", en="there is no tender {number}", kind=Kind.NOT_FOUND
)


def hosts(actor: Actor, project: Project) -> bool:
    """The procuring entity's or the commissioned agent's person."""
    if not actor.organization:
        return False
    entity, agent = str(project.procuring_entity_id), str(project.agent_id or "")
    if actor.organization == entity:
        return actor.has(Role.PROCURING_ENTITY)
    return actor.organization == agent and actor.has(Role.PROCUREMENT_AGENT, Role.AGENCY)


def sees(actor: Actor, tender: Tender) -> bool:
    """Drafts are known to their host only."""
    return tender.status != TenderStatus.DRAFT or hosts(actor, tender.project)


def may_create_project(actor: Actor, row: object) -> Reason | None:
    return None if actor.organization and actor.has(Role.PROCURING_ENTITY) else ONLY_ENTITY()


def may_commission(actor: Actor, project: Project) -> Reason | None:
    owner = actor.organization == str(project.procuring_entity_id) and actor.has(Role.PROCURING_ENTITY)
    return None if owner else ONLY_ENTITY()


def may_prepare(actor: Actor, project: Project) -> Reason | None:
    """Create a tender of the project."""
    return None if hosts(actor, project) else ONLY_HOST()


def may_host(actor: Actor, tender: Tender) -> Reason | None:
    """Edit, announce, clarify, answer, cancel."""
    if not sees(actor, tender):
        return NO_TENDER(number=tender.number)
    return None if hosts(actor, tender.project) else ONLY_HOST()


def may_host_enquiry(actor: Actor, enquiry: Enquiry) -> Reason | None:
    return may_host(actor, enquiry.tender)


def may_bid_side(actor: Actor, tender: Tender) -> Reason | None:
    """Take documents, ask, object to the documents."""
    if not sees(actor, tender):
        return NO_TENDER(number=tender.number)
    if hosts(actor, tender.project):
        return OWN_TENDER()
    return None if actor.organization and actor.has(Role.BIDDER) else ONLY_BIDDER()


def may_download(actor: Actor, tender: Tender) -> Reason | None:
    return may_bid_side(actor, tender)


def may_ask(actor: Actor, tender: Tender) -> Reason | None:
    return may_bid_side(actor, tender)


def may_confirm(actor: Actor, tender: Tender) -> Reason | None:
    return may_bid_side(actor, tender)


def may_read(actor: Actor, document: TenderDocument) -> bool:
    """Without taking it: public once published; everything to the host; a letter to its recipient.
    Bidding documents are taken by ``DownloadDocuments`` instead."""
    tender = document.tender
    if hosts(actor, tender.project):
        return True
    if document.published_at is None or tender.status == TenderStatus.DRAFT:
        return False
    if document.recipient_id is not None:
        return actor.organization == str(document.recipient_id)
    return document.public
