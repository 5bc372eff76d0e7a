"""The list of notices: what is announced, by phase, newest deadline first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet

from disclosure.rules.phases import PHASE_TONE, PHASE_ZH, Phase, phase_of
from trading.models import Candidate, Lot, Tender
from trading.rules.statuses import LotStatus, TenderStatus

CATEGORY_ZH = {"works": "工程建设", "goods": "货物", "services": "服务"}


@dataclass(frozen=True)
class Filters:
    """What the public may ask for. Empty text means: whatever."""

    words: str = ""
    phase: str = ""
    category: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the list. ``until`` is the next moment that counts for the public, with its word."""

    number: str
    title: str
    project: str
    category: str
    procuring_entity: str
    phase: Phase
    phase_zh: str
    tone: str
    announced_at: datetime | None
    until: datetime | None
    until_word: str
    lots: int


def public() -> QuerySet[Tender]:
    """Every tender that has been announced."""
    return Tender.objects.exclude(status=TenderStatus.DRAFT).exclude(announced_at=None)


def listed(filters: Filters, now: datetime) -> QuerySet[Tender]:
    """The announced tenders that match, with what a row needs already fetched."""
    found = public()
    if filters.words:
        found = found.filter(
            Q(title__icontains=filters.words)
            | Q(number__icontains=filters.words)
            | Q(project__procuring_entity__name__icontains=filters.words)
        )
    if filters.category:
        found = found.filter(project__category=filters.category)
    if filters.phase:
        found = found.filter(_in_phase(Phase(filters.phase), now))
    return (
        found.select_related("project__procuring_entity")
        .prefetch_related("lots", Prefetch("lots__candidates", Candidate.objects.filter(rank=1)))
        .order_by("-announced_at", "-id")
    )


def next_deadlines(now: datetime, limit: int = 5) -> list[Tender]:
    """The tenders one can still bid for, the nearest deadline first."""
    rows = listed(Filters(phase=Phase.BIDDING), now).order_by("submission_deadline", "id")
    return list(rows[:limit])


def row(tender: Tender, now: datetime) -> Row:
    """The line of a tender fetched by :func:`listed`."""
    lots = list(tender.lots.all())
    phase = phase_of(
        TenderStatus(tender.status), [LotStatus(lot.status) for lot in lots], tender.submission_deadline, now
    )
    until, word = _until(tender, lots, phase)
    return Row(
        number=tender.number,
        title=tender.title,
        project=tender.project.name,
        category=CATEGORY_ZH.get(tender.project.category, tender.project.category),
        procuring_entity=tender.project.procuring_entity.name,
        phase=phase,
        phase_zh=PHASE_ZH[phase],
        tone=PHASE_TONE[phase],
        announced_at=tender.announced_at,
        until=until,
        until_word=word,
        lots=len(lots),
    )


def _until(tender: Tender, lots: list[Lot], phase: Phase) -> tuple[datetime | None, str]:
    if phase is Phase.STANDSTILL:
        ends = [c.standstill_until for lot in lots for c in lot.candidates.all()]
        return (max(ends) if ends else None), "公示截止"
    word = "投标截止" if phase is Phase.BIDDING else "开标"
    return tender.submission_deadline, word


_BEHIND = {
    Phase.EVALUATION: ((LotStatus.EVALUATING, LotStatus.REPORTED), ()),
    Phase.STANDSTILL: ((LotStatus.CANDIDATES_ANNOUNCED,), (LotStatus.EVALUATING, LotStatus.REPORTED)),
    Phase.AWARDED: (
        (LotStatus.AWARDED,),
        (LotStatus.EVALUATING, LotStatus.REPORTED, LotStatus.CANDIDATES_ANNOUNCED),
    ),
    Phase.CONTRACTED: (
        (LotStatus.CONTRACTED,),
        (LotStatus.EVALUATING, LotStatus.REPORTED, LotStatus.CANDIDATES_ANNOUNCED, LotStatus.AWARDED),
    ),
}


def _in_phase(phase: Phase, now: datetime) -> Q:
    """The condition under which :func:`disclosure.rules.phases.phase_of` gives ``phase``."""
    opened = Q(status__in=(TenderStatus.OPENED, TenderStatus.CLOSED))
    if phase is Phase.BIDDING:
        return Q(status=TenderStatus.ANNOUNCED, submission_deadline__gt=now)
    if phase is Phase.OPENING:
        late = Q(status=TenderStatus.ANNOUNCED, submission_deadline__lte=now)
        return late | Q(status=TenderStatus.OPENING) | (opened & _any(LotStatus.PENDING))
    if phase is Phase.CANCELLED:
        return Q(status=TenderStatus.CANCELLED)
    if phase is Phase.FAILED:
        alive = Exists(Lot.objects.filter(tender=OuterRef("pk")).exclude(status=LotStatus.FAILED))
        return Q(status=TenderStatus.FAILED) | (opened & ~Q(alive))
    here, behind = _BEHIND[phase]
    return opened & _any(*here) & ~_any(LotStatus.PENDING, *behind)


def _any(*statuses: LotStatus) -> Q:
    return Q(Exists(Lot.objects.filter(tender=OuterRef("pk"), status__in=statuses)))


def numbers(now: datetime) -> dict[str, int]:
    """How many notices stand in each phase that a reader is likely to want: for the home page."""
    counted = public().aggregate(
        bidding=Count("id", filter=Q(status=TenderStatus.ANNOUNCED, submission_deadline__gt=now)),
        all=Count(F("id")),
    )
    return {name: int(value) for name, value in counted.items()}
