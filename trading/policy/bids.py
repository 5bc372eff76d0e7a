"""Who may submit, take back, open and judge a bid."""

from __future__ import annotations

from kernel.actor import Actor, Role
from kernel.errors import Kind, Reason, ReasonForm
from trading.models import Bid, Tender

ONLY_PSEUDONYM = ReasonForm(
    "bid.only_by_pseudonym",
    zh="只有用该投标文件的一次性密钥签名的人可以这样做",
    en="only the holder of the bid's one-time key may do this",
    kind=Kind.FORBIDDEN,
    law="招标投标法第二十九条",
)
ONLY_CUSTODIAN = ReasonForm(
    "share.only_by_custodian",
    zh="只有本次招标的密钥托管人可以提交密钥分片",
    en="only a key custodian of this tender may release a share",
    kind=Kind.FORBIDDEN,
    law="电子招标投标办法第三十一条",
)
ONLY_SYSTEM = ReasonForm(
    "opening.only_system",
    zh="开启结果由系统核对后记录",
    en="openings are recorded by the system after its checks",
    kind=Kind.FORBIDDEN,
)


def _is_pseudonym(actor: Actor, bid: Bid) -> bool:
    return actor.key == f"pseudonym:{bid.pseudonym}"


def may_submit(actor: Actor, tender: Tender) -> Reason | None:
    return None if actor.key.startswith("pseudonym:") else ONLY_PSEUDONYM()


def may_use_bid(actor: Actor, bid: Bid) -> Reason | None:
    """Withdraw, revoke, release the key: the holder of the one-time key."""
    return None if _is_pseudonym(actor, bid) else ONLY_PSEUDONYM()


def may_request_quorum(actor: Actor, bid: Bid) -> Reason | None:
    """The bidder itself, or the host who was told."""
    if _is_pseudonym(actor, bid) or actor.has(Role.TRADING_CENTER):
        return None
    return ONLY_PSEUDONYM()


def may_release_share(actor: Actor, bid: Bid) -> Reason | None:
    custodians = bid.lot.tender.custodians.all()
    if actor.organization and any(str(c.organization_id) == actor.organization for c in custodians):
        return None
    return ONLY_CUSTODIAN()


def may_record_opening(actor: Actor, bid: Bid) -> Reason | None:
    return None if actor.is_system else ONLY_SYSTEM()
