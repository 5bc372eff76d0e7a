"""From the sealed envelope to the open bid: keys, shares, what the opening task found, causes of failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from documents import store
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.bid_rules import PRICE
from kernel.canonical_json import digest
from kernel.clock import iso
from kernel.errors import Kind, Reason, ReasonForm, Refused
from parties.models import Organization
from sealing.fields import b64_bytes
from trading.commands import hall
from trading.commands.bids import bid_by_id, facts_of, taken_back
from trading.commands.openings import facts_of as session_facts
from trading.commands.openings import (
    fail_bid,
    key_is_here,
    move_on,
)
from trading.events import BidKeyReceived, BidOpened
from trading.models import Bid, Custodian, KeyShareRelease, OpeningSession
from trading.policy import bids as policy
from trading.policy import openings as opening_policy
from trading.rules.bids import BID, LOT_NOT_OPENED
from trading.rules.openings import SESSION
from trading.rules.parts import NOT_YET
from trading.rules.statuses import BidStatus, CauseOfFailure, LotStatus, SessionStatus

KEY_HERE = ReasonForm(
    "bid.key_already_here",
    zh="该投标的密钥已经收到，正在开启",
    en="this bid's key is here already; it is being opened",
    kind=Kind.CONFLICT,
)
QUORUM_NOT_ASKED = ReasonForm(
    "bid.quorum_not_requested",
    zh="投标人没有报失密钥，监管方不应提交该投标的密钥分片",
    en="this bid's key was not reported lost: no custodian may release a share of it",
    kind=Kind.CONFLICT,
    law="电子招标投标办法第三十一条",
)
QUORUM_ASKED = ReasonForm(
    "bid.quorum_requested_already",
    zh="该投标已申请分片开启",
    en="opening by the custodians was requested before",
    kind=Kind.CONFLICT,
)
SHARE_HERE = ReasonForm(
    "share.already_released",
    zh="该托管人已提交过这份投标的密钥分片",
    en="this custodian has released its share of this bid before",
    kind=Kind.CONFLICT,
)
NOT_FAILED = ReasonForm(
    "bid.not_undecryptable",
    zh="该投标没有记为无法开启，不能认定原因",
    en="this bid is not recorded as undecryptable",
    kind=Kind.CONFLICT,
    law="电子招标投标办法第三十一条",
)
UNKNOWN_CAUSE = ReasonForm(
    "bid.cause_unknown_word",
    zh="原因应为 bidder（投标人原因）、platform（投标人之外的原因）或 unknown（待查）",
    en="the cause must be bidder, platform or unknown",
    field="cause",
    law="电子招标投标办法第三十一条",
)
CONSTRAINTS["key_share_once_a_bid"] = SHARE_HERE
_CAUSE_ZH = {
    CauseOfFailure.BIDDER: "投标人原因，视为撤销投标文件",
    CauseOfFailure.PLATFORM: "投标人之外的原因，视为撤回投标文件",
    CauseOfFailure.UNKNOWN: "原因待查",
}


@dataclass(frozen=True)
class ReleaseKey(Command):
    """The bidder's content key, in a signed ``mingtang/key-release`` that the door has checked."""

    bid: str
    statement: dict[str, Any]

    verb = "bid.release_key"
    law = "电子招标投标办法第三十条"


@dataclass(frozen=True)
class RequestQuorum(Command):
    """The bidder's key is lost: ask the custodians. By the pseudonym, or by the host who was told."""

    bid: str
    reason: str

    verb = "bid.request_quorum"
    law = "电子招标投标办法第三十一条"


@dataclass(frozen=True)
class ReleaseShare(Command):
    """One custodian's share, in a signed ``mingtang/share-release`` that the door has checked."""

    bid: str
    index: int
    statement: dict[str, Any]

    verb = "bid.release_share"
    law = "电子招标投标办法第三十一条"


@dataclass(frozen=True)
class RecordOpening(Command):
    """What the opening task found inside. ``bundle_sha256`` names the stored bundle; ``content_key`` is hex;
    ``certificate`` the evidence of the bidder's certificate at the time of receipt."""

    bid: str
    content_key: str
    bundle_sha256: str
    bidder_name: str
    bidder_credit_code: str
    summary: dict[str, Any]
    certificate: dict[str, Any]

    verb = "bid.open"
    law = "招标投标法第三十六条"


@dataclass(frozen=True)
class RecordUndecryptable(Command):
    """The envelope did not open, or what is inside does not fit it: the first reason is the evidence."""

    bid: str
    reason: dict[str, Any]

    verb = "bid.undecryptable"
    law = "电子招标投标办法第三十一条"


@dataclass(frozen=True)
class RetryOpening(Command):
    """The key is here, but its opening was lost on the way: announce it once more. A due move."""

    bid: str

    verb = "bid.retry_opening"
    law = "招标投标法第三十六条"


@dataclass(frozen=True)
class DecideCause(Command):
    """Whose cause it was that a bid did not open; each decision is kept with its reason."""

    bid: str
    cause: str
    reason: str

    verb = "bid.decide_cause"
    law = "电子招标投标办法第三十一条"


@dataclass(frozen=True)
class RevokeBid(Command):
    """Take a bid back after the deadline (撤销): the procuring entity may keep the bond."""

    bid: str
    statement: dict[str, Any]

    verb = "bid.revoke"
    law = "招标投标法实施条例第三十五条"


def bid_for_update(cmd: Any) -> Bid:
    """The bid, with its session locked first: the session's moves and its bids' never cross."""
    bid = bid_by_id(cmd.bid)
    hall.session_for_update(bid.lot.tender.number)
    Bid.objects.select_for_update().get(pk=bid.pk)
    return bid_by_id(cmd.bid)


def _session(bid: Bid) -> OpeningSession:
    """The opening of the bid's part; a price part has none before the second one is convened."""
    session = hall.session_of_bid(bid)
    if session is None:
        raise Refused(NOT_YET())
    return session


def _check_move(verb: str, bid: Bid, session: OpeningSession, ctx: Context) -> None:
    SESSION.after(verb, SessionStatus(session.status), session_facts(session, ctx))
    if bid.lot.status == LotStatus.FAILED:
        raise Refused(LOT_NOT_OPENED())
    BID.after("open", BidStatus(bid.status), facts_of(bid, ctx.now))
    if key_is_here(bid):
        raise Refused(KEY_HERE())


@handler(ReleaseKey, load=bid_for_update, may=policy.may_use_bid)
def release_key(cmd: ReleaseKey, ctx: Context, bid: Bid) -> Done:
    session = _session(bid)
    _check_move("release_key", bid, session, ctx)
    bid.key_release, bid.key_released_at = cmd.statement, ctx.now
    bid.save(update_fields=["key_release", "key_released_at"])
    ctx.announce(BidKeyReceived(str(bid.pk), "bidder"))
    hall.say(ctx, session, "bid.key_released", f"{bid.lot.name}第 {bid.number} 家提交密钥，正在开启。",
             {"bids": {str(bid.pk): {"key": "here"}}})  # fmt: skip
    said = {**_names(bid), "statement_sha256": digest(cmd.statement)}
    return Done(f"bid:{bid.pk}", said, {"bid": str(bid.pk), "key_released_at": iso(ctx.now)})


@handler(RequestQuorum, load=bid_for_update, may=policy.may_request_quorum)
def request_quorum(cmd: RequestQuorum, ctx: Context, bid: Bid) -> Done:
    session = _session(bid)
    _check_move("request_quorum", bid, session, ctx)
    if bid.quorum_requested_at is not None:
        raise Refused(QUORUM_ASKED())
    bid.quorum_requested_at, bid.quorum_reason = ctx.now, cmd.reason
    bid.save(update_fields=["quorum_requested_at", "quorum_reason"])
    need = bid.lot.tender.share_threshold
    hall.say(ctx, session, "bid.quorum_requested",
             f"{bid.lot.name}第 {bid.number} 家密钥遗失，请监管方分片开启（0/{need}）。",
             {"shares": {str(bid.pk): {"have": 0, "need": need}}})  # fmt: skip
    said = {**_names(bid), "reason": cmd.reason}
    return Done(f"bid:{bid.pk}", said, {"bid": str(bid.pk), "need": need})


@handler(ReleaseShare, load=bid_for_update, may=policy.may_release_share)
def release_share(cmd: ReleaseShare, ctx: Context, bid: Bid) -> Done:
    session = _session(bid)
    if bid.quorum_requested_at is None:
        raise Refused(QUORUM_NOT_ASKED())
    _check_move("release_share", bid, session, ctx)
    custodian = Custodian.objects.filter(
        tender=bid.lot.tender, index=cmd.index, organization_id=ctx.actor.organization
    ).first()
    if custodian is None:
        raise Refused(policy.ONLY_CUSTODIAN())
    value = b64_bytes(cmd.statement["statement"]["payload"], "share", limit=32, low=32)
    KeyShareRelease.objects.create(
        bid=bid, index=cmd.index, value=value, statement=cmd.statement, released_at=ctx.now
    )
    have, need = bid.shares.count(), bid.lot.tender.share_threshold
    if have >= need:
        ctx.announce(BidKeyReceived(str(bid.pk), "quorum"))
    hall.say(ctx, session, "bid.share_released",
             f"{custodian.organization.name}提交{bid.lot.name}第 {bid.number} 家的密钥分片（{have}/{need}）。",
             {"shares": {str(bid.pk): {"have": have, "need": need}}})  # fmt: skip
    said = {**_names(bid), "index": cmd.index, "statement_sha256": digest(cmd.statement)}
    return Done(f"bid:{bid.pk}", said, {"bid": str(bid.pk), "have": have, "need": need})


@handler(RecordOpening, load=bid_for_update, may=policy.may_record_opening)
def record_opening(cmd: RecordOpening, ctx: Context, bid: Bid) -> Done:
    session = _session(bid)
    bid.status = BID.after("open", BidStatus(bid.status), facts_of(bid, ctx.now))
    bid.opened_at, bid.opened_by = ctx.now, "bidder" if bid.key_release is not None else "quorum"
    bid.content_key = bytes.fromhex(cmd.content_key)
    bid.bidder = Organization.objects.filter(credit_code=cmd.bidder_credit_code).first()
    bid.bidder_name, bid.bidder_credit_code = cmd.bidder_name, cmd.bidder_credit_code
    # A first envelope tells no price.
    bid.summary, bid.price = cmd.summary, cmd.summary.get("price")
    bid.bundle = store.get(cmd.bundle_sha256)
    bid.save()
    twins = _twins(bid)
    if bid.part != PRICE:
        # Guarantees lie in the first envelope.
        ctx.announce(BidOpened(bid.lot.tender.number, str(bid.lot.no), str(bid.pk)))
    _say_opened(ctx, session, bid, twins)
    move_on(ctx, session)
    # Neither price nor summary: what is inside is said at the read-out, and the bundle's digest binds it.
    said = {
        **_names(bid),
        "opened_by": bid.opened_by,
        "bidder": bid.bidder_name,
        "credit_code": bid.bidder_credit_code,
        "bundle_sha256": cmd.bundle_sha256,
        "certificate": cmd.certificate.get("certificate", ""),
        "revocation_sha256": cmd.certificate.get("revocation_sha256", []),
        "same_bidder": twins,
    }
    return Done(f"bid:{bid.pk}", said, {"bid": str(bid.pk), "status": str(bid.status)})


def _twins(bid: Bid) -> list[str]:
    """Other open bids of the same bidder for the same lot: two different bids are a ground to reject
    (招标投标法实施条例第五十一条第四项); the committee decides, so they are only pointed at."""
    others = Bid.objects.filter(
        lot=bid.lot, part=bid.part, bidder_credit_code=bid.bidder_credit_code, status=BidStatus.OPENED
    )
    return [str(pk) for pk in others.exclude(pk=bid.pk).values_list("pk", flat=True)]


def _say_opened(ctx: Context, session: OpeningSession, bid: Bid, twins: list[str]) -> None:
    signed_in = session.sign_ins.filter(organization_id=bid.bidder_id).first() if bid.bidder_id else None
    row: dict[str, Any] = {
        "bidder": bid.bidder_name,
        "decryption": "quorum" if bid.opened_by == "quorum" else "opened",
        "opened_by": hall.opened_by_words(bid),
        "key": None,
    }
    if signed_in is not None:
        row["signed_in_at"] = iso(signed_in.at)
    words = f"{bid.lot.name}第 {bid.number} 家 {bid.bidder_name} 的投标文件已开启，与封存文件一致。"
    if twins:
        words += "该投标人在本标段递交了一份以上的投标文件（招标投标法实施条例第五十一条第四项）。"
        row["same_bidder"] = True
    hall.say(ctx, session, "bid.opened", words, {"bids": {str(bid.pk): row}})


@handler(RecordUndecryptable, load=bid_for_update, may=policy.may_record_opening)
def record_undecryptable(cmd: RecordUndecryptable, ctx: Context, bid: Bid) -> Done:
    session = _session(bid)
    fail_bid(ctx, session, bid, cmd.reason)
    move_on(ctx, session)
    said = {**_names(bid), "reason": cmd.reason}
    return Done(f"bid:{bid.pk}", said, {"bid": str(bid.pk), "status": str(bid.status)})


@handler(RetryOpening, load=bid_for_update, may=policy.may_record_opening)
def retry_opening(cmd: RetryOpening, ctx: Context, bid: Bid) -> Done:
    if bid.status == BidStatus.SUBMITTED and key_is_here(bid):
        ctx.announce(BidKeyReceived(str(bid.pk), "bidder" if bid.key_release is not None else "quorum"))
    return Done(f"bid:{bid.pk}", _names(bid), {})


def _hosted(actor: Any, bid: Bid) -> Reason | None:
    return opening_policy.may_host(actor, _session(bid))


@handler(DecideCause, load=bid_for_update, may=_hosted)
def decide_cause(cmd: DecideCause, ctx: Context, bid: Bid) -> Done:
    if bid.status != BidStatus.UNDECRYPTABLE or bid.failure is None:
        raise Refused(NOT_FAILED())
    if cmd.cause not in {c.value for c in CauseOfFailure if c}:
        raise Refused(UNKNOWN_CAUSE())
    cause = CauseOfFailure(cmd.cause)
    decision = {
        "cause": cause.value,
        "reason": cmd.reason,
        "by": ctx.actor.name,
        "at": iso(ctx.now),
    }
    bid.failure_cause = cause
    bid.failure = {**bid.failure, "decisions": [*bid.failure.get("decisions", []), decision]}
    bid.save(update_fields=["failure_cause", "failure"])
    session = _session(bid)
    hall.say(ctx, session, "bid.cause_decided",
             f"{bid.lot.name}第 {bid.number} 家无法开启：{_CAUSE_ZH[cause]}。{cmd.reason}",
             {"bids": {str(bid.pk): {"cause": cause.value}}})  # fmt: skip
    return Done(f"bid:{bid.pk}", {**_names(bid), **decision}, {"bid": str(bid.pk), "cause": cause.value})


_STANDING = (BidStatus.SUBMITTED, BidStatus.OPENED)
_CONSEQUENCE = (
    "投标不再参加评审，招标人可以不退还投标保证金，并可向保函开立人提出索赔（招标投标法实施条例第三十五条）"
)


@handler(RevokeBid, load=bid_for_update, may=policy.may_use_bid)
def revoke_bid(cmd: RevokeBid, ctx: Context, bid: Bid) -> Done:
    bid.status = BID.after("revoke", BidStatus(bid.status), facts_of(bid, ctx.now))
    bid.withdrawn_at, bid.withdrawal = ctx.now, cmd.statement
    bid.save(update_fields=["status", "withdrawn_at", "withdrawal"])
    # The envelopes of one bid are one offer: none of them stands alone.
    others = Bid.objects.filter(lot=bid.lot, pseudonym=bid.pseudonym, status__in=_STANDING)
    others.exclude(pk=bid.pk).update(status=bid.status, withdrawn_at=ctx.now, withdrawal=cmd.statement)
    session = hall.session_of_bid(bid)
    if bid.number is not None and session is not None:
        hall.say(ctx, session, "bid.revoked", f"{bid.lot.name}第 {bid.number} 家撤销投标文件。{_CONSEQUENCE}。",
                 {"bids": {str(bid.pk): {"revoked": True}}})  # fmt: skip
        move_on(ctx, session)
    done = taken_back(bid, cmd.statement, ctx)
    done.payload["consequence"] = _CONSEQUENCE
    done.result["consequence"] = done.payload["consequence"]
    return done


def _names(bid: Bid) -> dict[str, Any]:
    return {
        "bid": str(bid.pk),
        "tender": bid.lot.tender.number,
        "lot": str(bid.lot.no),
        "envelope_sha256": bid.envelope_sha256,
    }
