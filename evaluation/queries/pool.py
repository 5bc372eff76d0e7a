"""Who can be drawn: experts of the specialties, with the recusals of this tender applied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evaluation.models import Committee, DrawTicket, ExpertProfile
from evaluation.rules.conditions import Conditions, code_of
from evaluation.rules.exclusions import Ground, Involved, ground_against
from kernel.actor import Role
from kernel.canonical_json import digest
from parties.models import Membership
from trading.models import Bid, Tender
from trading.rules.statuses import BidStatus


@dataclass(frozen=True)
class Candidate:
    expert: ExpertProfile
    ground: Ground | None


def involved_in(tender: Tender) -> Involved:
    """The organizations an expert of this tender must not be close to."""
    project = tender.project
    opened = Bid.objects.filter(lot__tender=tender, status=BidStatus.OPENED)
    supervisors = Membership.objects.filter(
        organization__in=tender.custodians.values("organization_id"),
        role=Role.SUPERVISORY_AUTHORITY.value,
        until__isnull=True,
    )
    return Involved(
        bidders=frozenset(opened.values_list("bidder_credit_code", flat=True)) - {""},
        owner=project.procuring_entity.credit_code,
        agent=project.agent.credit_code if project.agent else "",
        authorities=frozenset(supervisors.values_list("organization__credit_code", flat=True)),
    )


def memberships_by_person(persons: Iterable[object]) -> dict[object, frozenset[str]]:
    """Credit codes of the organizations that each person acts for."""
    out: dict[object, set[str]] = {}
    rows = Membership.objects.filter(
        person__in=list(persons), until__isnull=True, organization__isnull=False
    ).values_list("person_id", "organization__credit_code")
    for person, code in rows:
        out.setdefault(person, set()).add(code)
    return {person: frozenset(codes) for person, codes in out.items()}


def candidates(committee: Committee, conditions: Conditions) -> list[Candidate]:
    """Active experts with a wanted specialty and site, each with the ground against it, if any.

    Whoever had a ticket in an earlier draw of this committee is not drawn again.
    """
    seen = DrawTicket.objects.filter(draw__committee=committee, pooled=True).values("expert_id")
    rows = ExpertProfile.objects.filter(active=True).exclude(pk__in=seen).select_related("person")
    wanted = set(conditions.specialties)
    found = [
        row
        for row in rows.order_by("pk")
        if wanted & {code_of(s) for s in row.specialties} and conditions.seats_at(row.site)
    ]
    involved = involved_in(committee.tender)
    memberships = memberships_by_person(row.person_id for row in found)
    return [
        Candidate(row, ground_against(row.connections(memberships.get(row.person_id, frozenset())), involved))
        for row in found
    ]


def order_digest(order: Iterable[str]) -> str:
    """Hex SHA-256 of the canonical list of entries in the order drawn."""
    return digest(list(order))
