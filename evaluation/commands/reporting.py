"""The report: attached when rendered, signed by all, dissent in writing; the last one ends the evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ca_interop import document_signing
from documents import store
from evaluation import policy, room, signing
from evaluation.commands.scoring import open_prices
from evaluation.commands.sitting import NO_REASON, against, done, load_room, move, my_seat, stay
from evaluation.events import ReportSigned
from evaluation.models import Evaluation, ReportSignature, Seat
from evaluation.queries import facts
from evaluation.rules.room_moves import label
from evaluation.rules.statements import report_payload
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.errors import Kind, ReasonForm, Refused

STALE_REPORT = ReasonForm(
    "report.stale",
    zh="评标结果已变动，这份报告不再有效",
    en="the result has changed; this report is stale",
    kind=Kind.CONFLICT,
)
SIGNED = ReasonForm(
    "report.signed_before",
    zh="{seat} 已签署或已计为同意",
    en="{seat} has signed or counts as agreeing",
    kind=Kind.CONFLICT,
)
DISSENT_TOO_LONG = ReasonForm(
    "report.dissent_too_long",
    zh="书面不同意见不超过 {limit} 字",
    en="a dissent has at most {limit} characters",
    field="dissent",
)
CONSTRAINTS["report_signed_once_a_seat"] = ReasonForm(
    "report.signed_twice", zh="刚刚已签署", en="signed just now", kind=Kind.CONFLICT
)
_LAW = "招标投标法实施条例第五十三条；12号令第四十三条"
_DISSENT = 4000


@dataclass(frozen=True)
class AttachReport(Command):
    """The rendered report: SHA-256 of its PDF, and of the calculation it shows."""

    tender: str
    lot: int
    report_sha256: str
    calculation_sha256: str

    verb = "evaluation.attach_report"
    sealed = True
    law = "12号令第四十二条"


@dataclass(frozen=True)
class OpenPrices(Command):
    """The second envelopes of the lot are open: the room goes on with its prices."""

    tender: str
    lot: int

    verb = "evaluation.open_prices"
    sealed = True
    law = "招标投标法实施条例第四十九条"


@dataclass(frozen=True)
class SignReport(Command):
    """A member signs the report, with a written ``dissent`` if there is one."""

    tender: str
    lot: int
    signed: dict[str, Any]
    fingerprint: str
    revocation_sha256: tuple[str, ...] = field(default=())
    dissent: str = ""
    #: The signature on the report's PDF, as :func:`ca_interop.document_signing.finish` made it.
    pdf: dict[str, Any] | None = None

    verb = "evaluation.sign_report"
    sealed = True
    law = _LAW


@dataclass(frozen=True)
class DeemAgreed(Command):
    """A member neither signs nor gives reasons: counts as agreeing; noted by the center's staff."""

    tender: str
    lot: int
    seat: int
    note: str

    verb = "evaluation.deem_agreed"
    sealed = True
    law = "招标投标法实施条例第五十三条第三款"


@handler(OpenPrices, load=load_room, may=policy.only_system)
def enter_prices(cmd: OpenPrices, ctx: Context, evaluation: Evaluation) -> Done:
    open_prices(ctx, evaluation)
    return done(evaluation, None, {})


@handler(AttachReport, load=load_room, may=policy.only_system)
def attach_report(cmd: AttachReport, ctx: Context, evaluation: Evaluation) -> Done:
    if evaluation.calculation_sha256 != cmd.calculation_sha256 or evaluation.calculation is None:
        raise Refused(STALE_REPORT())
    evaluation.report = store.get(cmd.report_sha256)
    evaluation.report_payload = report_payload(
        cmd.tender,
        cmd.lot,
        cmd.report_sha256,
        evaluation.calculation["ranking"],
        [str(b.bid_id) for b in facts.bids_of(evaluation) if b.rejected],
    )
    evaluation.report_act = ctx.act_id
    move(evaluation, "attach_report")
    said = {"report_sha256": cmd.report_sha256, "payload": evaluation.report_payload}
    words = "评标报告已生成，请核对后签署"
    room.say_step(ctx, evaluation, words, {"report": {"sha256": cmd.report_sha256}})
    return done(evaluation, None, said)


@handler(SignReport, load=load_room, may=policy.may_sit)
def sign_report(cmd: SignReport, ctx: Context, evaluation: Evaluation) -> Done:
    seat = my_seat(ctx, evaluation)
    if len(cmd.dissent) > _DISSENT:
        raise Refused(DISSENT_TOO_LONG(limit=_DISSENT))
    stay(evaluation, "sign")
    if cmd.signed.get("statement") != signing.report_for(evaluation):
        raise Refused(signing.NOT_THE_STATEMENT())
    signing.must_be_of(seat, cmd.fingerprint)
    _sign(ctx, evaluation, seat, statement=cmd.signed, dissent=cmd.dissent.strip())
    if cmd.pdf is not None and evaluation.report is not None:
        document_signing.append(cmd.pdf, evaluation.report, ctx.now)
    words = "已签署，并提出书面不同意见" if cmd.dissent.strip() else "已签署评标报告"
    _after(ctx, evaluation, seat, f"{label(seat.no)} {words}")
    said = {
        "certificate": cmd.fingerprint,
        "revocation": list(cmd.revocation_sha256),
        "dissent": cmd.dissent.strip(),
        "report_sha256": facts.report_sha256(evaluation),
        **document_signing.cited(cmd.pdf),
    }
    return done(evaluation, seat, said)


@handler(DeemAgreed, load=load_room, may=policy.may_run_room)
def deem_agreed(cmd: DeemAgreed, ctx: Context, evaluation: Evaluation) -> Done:
    if len(cmd.note.strip()) < 5 or len(cmd.note) > 300:
        raise Refused(NO_REASON())
    stay(evaluation, "deem_agreed")
    found = [seat for seat in facts.seats_of(evaluation) if seat.no == cmd.seat]
    if not found:
        raise Refused(policy.NOT_A_MEMBER())
    _sign(ctx, evaluation, found[0], deemed=True, note=cmd.note.strip())
    _after(ctx, evaluation, found[0], f"{label(cmd.seat)} 拒绝签字且未陈述理由，视为同意评标结论")
    return done(evaluation, found[0], {"note": cmd.note.strip()})


def _sign(ctx: Context, evaluation: Evaluation, seat: Seat, **said: Any) -> None:
    sha256 = facts.report_sha256(evaluation)
    if evaluation.signatures.filter(seat=seat, report_sha256=sha256).exists():
        raise Refused(SIGNED(seat=label(seat.no)))
    ReportSignature.objects.create(
        evaluation=evaluation, seat=seat, report_sha256=sha256, at=ctx.now, act=ctx.act_id, **said
    )


def _after(ctx: Context, evaluation: Evaluation, seat: Seat, words: str) -> None:
    room.say_seat(ctx, evaluation, seat, "signed", words, "signed", "done", "of")
    if against(evaluation, "finish"):
        return
    evaluation.finished_at = ctx.now
    move(evaluation, "finish")
    ctx.announce(
        ReportSigned(evaluation.lot.tender.number, str(evaluation.lot.no), facts.report_sha256(evaluation))
    )
    room.say_step(ctx, evaluation, "评标结束，评标报告已提交招标人。请交还资料后离场。")
