"""Background work of guarantees. Lost or doubled, it changes nothing: each task looks first, and the due
moves start it again."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from ca_interop.platform_key import platform_signer
from gateways.guarantors.http import HttpGuarantor
from gateways.guarantors.port import Guarantor, Standing
from guarantees import queries
from guarantees.commands.presenting import RecordPresentation
from guarantees.commands.telling import RecordIssuerAnswer
from guarantees.examination import examine_bid
from guarantees.models import Guarantee, LicensedIssuer
from guarantees.rules.moves import GuaranteeStatus
from journal import clock
from journal.door import perform
from journal.tasks import settle
from kernel.actor import SYSTEM
from kernel.clock import iso
from kernel.errors import Kind, Refused
from sealing import statements
from trading.commands.bids import bid_by_id


@shared_task
def check_presented(bid_id: str) -> None:
    """Examine what an opened bid presents and record the verdict."""
    bid = bid_by_id(bid_id)
    row = Guarantee.objects.filter(bid=bid).first()
    judged = row is not None and row.status != GuaranteeStatus.PRESENTED
    if bid.opened_at is None or judged:
        return
    found = examine_bid(bid, clock.now())
    if found is None:
        return
    seen = found.presentation
    command = RecordPresentation(
        bid=bid_id,
        form=found.form,
        readable=seen.form is not None,
        reasons=[reason.as_json() for reason in seen.reasons],
        undecided=seen.undecided,
        authority_id=seen.validation.authority_id if seen.validation else "",
        pdf_sha256=found.pdf_sha256,
        revocation_sha256=list(found.revocation),
    )
    settle(command, f"guarantee:{bid_id}:{row.check_attempts if row else 0}")


@shared_task
def tell_issuer(guarantee_id: str) -> None:
    """Tell the issuer of a release or a demand and record its answer. Unreachable: the due move comes
    again; the issuer knows the request by its key, so it may hear of it many times."""
    row = queries.guarantee(guarantee_id)
    if row.issuer_due_at is None:
        return
    action = "release" if row.status == GuaranteeStatus.RELEASED else "demand"
    if row.status not in (GuaranteeStatus.RELEASED, GuaranteeStatus.DEMANDED):
        return
    url = _endpoint(row)
    if not url:
        answer = RecordIssuerAnswer(
            guarantee_id, action, "unconnected", said="开立人没有接入接口，另行书面通知"
        )
    else:
        try:
            standing = _call(HttpGuarantor(url, now=clock.now()), row, action)
            answer = RecordIssuerAnswer(guarantee_id, action, standing.status, standing.paid)
        except Refused as refusal:
            if refusal.kind is Kind.BUSY:
                return
            answer = RecordIssuerAnswer(guarantee_id, action, "refused", said=refusal.reasons[0].zh)
    perform(answer, SYSTEM, via="task", key=f"answer:{guarantee_id}:{action}:{row.issuer_attempts}")


def _endpoint(row: Guarantee) -> str:
    """The issuer's own address; the deployment's default for a listed one without. Nobody else is called."""
    listed = LicensedIssuer.objects.filter(credit_code=row.issuer_credit_code).order_by("-since").first()
    return (listed.endpoint or settings.GUARANTORS_URL) if listed is not None else ""


def _call(gate: Guarantor, row: Guarantee, action: str) -> Standing:
    if action == "demand":
        return gate.demand(row.number, row.demand or {}, f"demand:{row.pk}")
    at = iso(row.released_at or row.presented_at)
    payload = {"v": 1, "number": row.number, "ground": row.release_ground, "at": at}
    signed = statements.sign(statements.statement("guarantee-release", payload), platform_signer())
    return gate.release(row.number, signed, f"release:{row.pk}")
