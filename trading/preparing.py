"""From what a door was asked to the command, with the papers that must exist before ``perform``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from journal.door import Command, journal_refusal
from journal.models import Performed
from kernel.actor import Actor
from kernel.clock import iso
from kernel.errors import Refused, refuse_if
from trading import papers
from trading.commands import AnnounceCandidates, NotifyResult, PublishClarification
from trading.commands.results import rules_of
from trading.models import Bid, Lot, Tender
from trading.policy.awards import may_award_side
from trading.policy.tenders import may_host
from trading.queries.awards import losers, standing_ranking
from trading.rules import award as law
from trading.rules import fields
from trading.rules.lot_machine import LOT, NOT_NOTIFIED
from trading.rules.statuses import LotStatus, TenderStatus
from trading.rules.tender_machine import TENDER


def earlier(actor: Actor, key: str) -> dict[str, Any] | None:
    """The answer already given to this key: a paper made again would be another command."""
    row = Performed.objects.filter(actor=actor.key, key=key).first()
    return dict(row.result) if row is not None else None


@contextmanager
def _journalled(command: Command, actor: Actor, via: str) -> Iterator[None]:
    """A refusal before ``perform`` is an attempt like any other."""
    try:
        yield
    except Refused as refusal:
        journal_refusal(command, actor, via, refusal)
        raise


def clarification(
    actor: Actor, tender: Tender, said: dict[str, Any], file: str, now: datetime, via: str = "http"
) -> PublishClarification:
    """``said``: title, text, affects_bids, submission_deadline. Without ``file`` its PDF is made."""
    with _journalled(PublishClarification(tender.number, "", "", file, False), actor, via):
        return _clarification(actor, tender, said, file, now)


def candidates(
    actor: Actor, lot: Lot, chosen: Sequence[str] | None, days: int | None, now: datetime, via: str = "http"
) -> AnnounceCandidates:
    """By default the first three of the report, on show for the least that the law asks."""
    asked = AnnounceCandidates(lot.tender.number, str(lot.no), list(chosen or []), days or 0, "", "")
    with _journalled(asked, actor, via):
        return _candidates(actor, lot, chosen, days, now)


def notification(actor: Actor, lot: Lot, now: datetime, via: str = "http") -> NotifyResult:
    """The acceptance notice, a letter for every loser, the award notice."""
    with _journalled(NotifyResult(lot.tender.number, str(lot.no), "", "", [], ""), actor, via):
        return _notification(actor, lot, now)


def _clarification(
    actor: Actor, tender: Tender, said: dict[str, Any], file: str, now: datetime
) -> PublishClarification:
    refuse_if([may_host(actor, tender)])
    TENDER.after("clarify", TenderStatus(tender.status), tender.facts(now))
    title, text = fields.text(said, "title"), fields.text(said, "text", limit=10000)
    wanted = fields.moment(said, "submission_deadline", optional=True) or tender.submission_deadline
    assert wanted is not None, "announced tenders have a deadline"
    if not file:
        data = papers.clarification(tender, title, text, wanted, now)
        file = papers.keep(data, f"{title}.pdf", now).sha256
    return PublishClarification(
        tender.number,
        title,
        text,
        file,
        fields.flag(said, "affects_bids"),
        fields.text(said, "submission_deadline", optional=True) if said.get("submission_deadline") else "",
    )


def _candidates(
    actor: Actor, lot: Lot, chosen: Sequence[str] | None, days: int | None, now: datetime
) -> AnnounceCandidates:
    refuse_if([may_award_side(actor, lot)])
    LOT.after("announce_candidates", LotStatus(lot.status), lot.facts(now))
    book = rules_of(lot)
    ranking = standing_ranking(lot)
    named = list(chosen) if chosen else [row["bid"] for row in ranking[: book.candidates_most.days]]
    length = book.standstill_days.days if days is None else days
    ranked = [row["bid"] for row in ranking]
    refuse_if([*law.candidate_reasons(named, ranked, book), law.standstill_reason(length, book)])
    rows = {str(bid.id): bid for bid in Bid.objects.filter(id__in=named)}
    scores = {row["bid"]: str(row["score"]) for row in ranking if row.get("score") is not None}
    until = law.standstill_end(now, length)
    data = papers.candidate_notice(lot, [rows[bid] for bid in named], scores, until, now)
    notice = papers.keep(data, f"中标候选人公示-{lot.code}.pdf", now).sha256
    return AnnounceCandidates(lot.tender.number, str(lot.no), named, length, notice, iso(until))


def _notification(actor: Actor, lot: Lot, now: datetime) -> NotifyResult:
    refuse_if([may_award_side(actor, lot)])
    LOT.after("notify", LotStatus(lot.status), lot.facts(now))
    award = getattr(lot, "award", None)
    if award is None:
        raise Refused(NOT_NOTIFIED())
    winner, result, code = award.bid, lot.evaluation_result, lot.code
    letters = [
        {
            "bid": str(bid.id),
            "file": papers.keep(
                papers.result_letter(lot, bid, winner, result, now),
                f"中标结果通知书-{code}-{bid.number}.pdf",
                now,
            ).sha256,
        }
        for bid in losers(lot)
    ]
    acceptance = papers.keep(papers.acceptance_notice(lot, winner, now), f"中标通知书-{code}.pdf", now)
    public = papers.keep(papers.award_notice(lot, winner, now), f"中标结果公告-{code}.pdf", now)
    return NotifyResult(
        lot.tender.number, str(lot.no), acceptance.sha256, public.sha256, letters, str(winner.id)
    )
