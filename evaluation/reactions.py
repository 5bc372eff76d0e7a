"""Facts to commands: the committee stands → rooms; scores → report; report signed → trading.

Reactions are relayed in the background, at least once, and tried again when they fail: that is where the
report is rendered.
"""

from __future__ import annotations

from evaluation import report
from evaluation.commands import AttachReport, ConveneRooms, OpenPrices, TerminateRoom
from evaluation.events import CommitteeFormed, ReportSigned, ScoresCalculated, TechnicalConcluded
from evaluation.models import Evaluation
from evaluation.queries import facts, results, rows
from evaluation.rules.statuses import ROOM_ENDED, RoomStatus
from journal.door import Command, perform
from journal.facts import Delivery, reacts_to
from kernel.actor import SYSTEM
from trading.commands.awards import FailLot
from trading.commands.results import ReceiveEvaluationResult
from trading.commands.second import ReceiveTechnicalResult
from trading.events import LotFailed, OpeningClosed
from trading.rules.parts import SECOND


@reacts_to(CommitteeFormed)
def open_rooms(fact: CommitteeFormed, delivery: Delivery) -> None:
    perform(ConveneRooms(fact.tender), SYSTEM, via="task", key=delivery.key)


@reacts_to(TechnicalConcluded)
def tell_who_passed(fact: TechnicalConcluded, delivery: Delivery) -> None:
    evaluation = rows.evaluation(fact.tender, int(fact.lot))
    command = ReceiveTechnicalResult(
        fact.tender,
        fact.lot,
        passed=results.passed(evaluation),
        rejected=results.rejected(evaluation),
        sheets={str(no): lock.sha256 for no, lock in facts.active_locks(evaluation).items()},
    )
    perform(command, SYSTEM, via="task", key=delivery.key)


@reacts_to(OpeningClosed)
def review_prices(fact: OpeningClosed, delivery: Delivery) -> None:
    """The second envelopes are open: the rooms that wait for them go on."""
    if fact.stage != SECOND:
        return
    waiting = Evaluation.objects.filter(lot__tender__number=fact.tender, status=RoomStatus.AWAITING_PRICE)
    for lot in waiting.values_list("lot__no", flat=True):
        perform(OpenPrices(fact.tender, lot), SYSTEM, via="task", key=f"{delivery.key}:{lot}")


@reacts_to(ScoresCalculated)
def render_report(fact: ScoresCalculated, delivery: Delivery) -> None:
    evaluation = rows.evaluation(fact.tender, int(fact.lot))
    if evaluation.calculation_sha256 != fact.digest:
        return  # a member was replaced meanwhile: the next calculation has its own report
    stored = report.render(evaluation)
    command = AttachReport(fact.tender, int(fact.lot), stored.sha256, fact.digest)
    perform(command, SYSTEM, via="task", key=delivery.key)


@reacts_to(ReportSigned)
def hand_over(fact: ReportSigned, delivery: Delivery) -> None:
    perform(_handing_over(fact), SYSTEM, via="task", key=delivery.key)


def _handing_over(fact: ReportSigned) -> Command:
    evaluation = rows.evaluation(fact.tender, int(fact.lot))
    ranking = results.ranking(evaluation)
    if not ranking:
        lacking = evaluation.competition is False
        code = "no_competition" if lacking else "all_rejected"
        return FailLot(fact.tender, fact.lot, code, f"评标报告 {fact.report_sha256}")
    return ReceiveEvaluationResult(
        tender=fact.tender,
        lot=fact.lot,
        ranking=ranking,
        rejected=results.rejected(evaluation),
        report=fact.report_sha256,
    )


@reacts_to(LotFailed)
def end_the_room(fact: LotFailed, delivery: Delivery) -> None:
    """A lot that fails while its bids are evaluated (calling off, a host's finding) takes its room along."""
    room = Evaluation.objects.filter(lot__tender__number=fact.tender, lot__no=int(fact.lot)).first()
    if room is None or room.status in ROOM_ENDED:
        return
    perform(TerminateRoom(fact.tender, int(fact.lot), fact.code), SYSTEM, via="task", key=delivery.key)
