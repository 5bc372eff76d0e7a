"""Reporting a certificate lost, lifting the report, retiring a certificate that was replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.actor import ROLE_ZH
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm
from parties import policy, queries
from parties.events import CertificateBlocked
from parties.models import CertificateBinding, Outage
from parties.rules.bindings import BINDING, BindingStatus
from portal import rooms

BLOCKED_TWICE = ReasonForm(
    "certificate.blocked_twice",
    zh="这张证书刚刚已经挂失",
    en="this certificate has just been reported lost",
    kind=Kind.CONFLICT,
)
CONSTRAINTS["certificate_outage_once"] = BLOCKED_TWICE


@dataclass(frozen=True)
class BlockCertificate(Command):
    """挂失: the key is lost or known to others. Counts at once, on every door, before the authority revokes it."""

    fingerprint: str
    reason: str

    verb = "certificate.block"
    law = "电子签名法第十五条"
    # Whoever has lost the only certificate reports it by another way in.
    prepares = True


@dataclass(frozen=True)
class LiftBlock(Command):
    """解除挂失: the key was found, or the report was mistaken; said so by somebody else than the holder."""

    fingerprint: str
    reason: str

    verb = "certificate.lift_block"
    law = "电子签名法第十五条"


@dataclass(frozen=True)
class RetireCertificate(Command):
    """停用: replaced by a new one, or its holder has left. For good."""

    fingerprint: str
    reason: str

    verb = "certificate.retire"
    law = "电子签名法第十六条"


def _of(cmd: Any) -> CertificateBinding:
    return queries.binding_for_update(cmd.fingerprint)


def _move(verb: str, cmd: Any, ctx: Context, row: CertificateBinding) -> Done:
    """The status after ``verb``; sessions and sockets of the certificate end with the transaction."""
    status = BINDING.after(
        verb, BindingStatus(row.status), queries.facts_of(row, ctx.now, ctx.actor, cmd.reason)
    )
    row.status = status.value
    row.save(update_fields=["status", "blocked_at", "blocked_reason", "restored_at"])
    rooms.recall(str(row.person_id))
    held = queries.roles_of(row.person, row.organization)
    # Open, for whoever relies on the certificate: by its fingerprint, which names nobody.
    said = {"certificate": row.fingerprint, "role": [ROLE_ZH[role] for role in sorted(held)]}
    return Done(
        f"certificate:{row.fingerprint}", said, {"certificate": row.fingerprint, "status": row.status}
    )


@handler(BlockCertificate, load=_of, may=policy.may_block)
def block_certificate(cmd: BlockCertificate, ctx: Context, row: CertificateBinding) -> Done:
    if row.blocked_at is None:
        row.blocked_at, row.blocked_reason = ctx.now, cmd.reason.strip()[:200]
    done = _move("block", cmd, ctx, row)
    Outage.objects.create(binding=row, since=ctx.now, by=ctx.actor.person, reason=row.blocked_reason)
    ctx.announce(CertificateBlocked(row.fingerprint, str(row.person_id), iso(ctx.now)))
    return done


@handler(LiftBlock, load=_of, may=policy.may_lift)
def lift_block(cmd: LiftBlock, ctx: Context, row: CertificateBinding) -> Done:
    row.blocked_at, row.restored_at = None, ctx.now
    done = _move("lift", cmd, ctx, row)
    row.outages.filter(until__isnull=True).update(
        until=ctx.now, lifted_by=ctx.actor.person, lifted_reason=cmd.reason.strip()[:200]
    )
    return done


@handler(RetireCertificate, load=_of, may=policy.may_block)
def retire_certificate(cmd: RetireCertificate, ctx: Context, row: CertificateBinding) -> Done:
    fresh = row.blocked_at is None
    if fresh:
        row.blocked_at = ctx.now
    row.blocked_reason = cmd.reason.strip()[:200]
    done = _move("retire", cmd, ctx, row)
    if fresh:
        Outage.objects.create(binding=row, since=ctx.now, by=ctx.actor.person, reason=row.blocked_reason)
    return done
