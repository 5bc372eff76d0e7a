"""The one door: acts, keys, refusals, the log and its proofs, facts and their reactions."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import transaction

from journal import due, outbox, sequencer
from journal.commands import AdvanceClock
from journal.door import HANDLERS, Command, Context, Done, handler, perform
from journal.facts import FACTS, REACTIONS, Delivery, Fact, reacts_to
from journal.models import Act, Checkpoint, OutboxFact, ReactionDone
from kernel import tlog
from kernel.actor import SYSTEM, Actor, Role
from kernel.acts import leaf_of
from kernel.canonical_json import canonical
from kernel.errors import Kind, Reason, Refused

CENTER = Actor("person:1", "王敏", frozenset({Role.TRADING_CENTER}), "org-1", "交易中心")


@dataclass(frozen=True)
class Rang(Fact):
    bell: str


@dataclass(frozen=True)
class Ring(Command):
    bell: str
    verb = "test.ring"


@dataclass(frozen=True)
class Whisper(Command):
    secret: str
    verb = "test.whisper"
    sealed = True


def _may(actor: Actor, row: object) -> Reason | None:
    return (
        None
        if actor.has(Role.TRADING_CENTER) or actor.is_system
        else Reason("test.no", "不行", "no", Kind.FORBIDDEN)
    )


@handler(Ring, may=_may)
def ring(cmd: Ring, ctx: Context, row: None) -> Done:
    if cmd.bell == "cracked":
        raise Refused(Reason("test.cracked", "钟裂了", "cracked"))
    ctx.announce(Rang(cmd.bell))
    return Done(f"bell:{cmd.bell}", {"bell": cmd.bell}, {"rung": cmd.bell})


@handler(Whisper, may=_may)
def whisper(cmd: Whisper, ctx: Context, row: None) -> Done:
    return Done("whisper", {"secret": cmd.secret})


HEARD: list[tuple[str, str]] = []


@reacts_to(Rang)
def hear(fact: Rang, delivery: Delivery) -> None:
    HEARD.append((fact.bell, delivery.key))
    if fact.bell == "echo":
        perform(Ring("answer"), SYSTEM, via="task", key=delivery.key)


@pytest.mark.django_db(transaction=True)
def test_an_act_gets_its_place_and_proof_and_its_fact_is_heard_once() -> None:
    HEARD.clear()
    outcome = perform(Ring("big"), CENTER, via="http", key="k1")
    again = perform(Ring("big"), CENTER, via="http", key="k1")
    assert (again.act, again.result, again.replayed) == (outcome.act, {"rung": "big"}, True)
    assert [bell for bell, _ in HEARD] == ["big"]
    act = Act.objects.get()
    assert act.index == 0
    assert bytes(act.leaf) == canonical(act.document)
    _, proof = sequencer.proof_text(act.pk)
    assert tlog.verify_proof(proof, bytes(act.leaf), [sequencer.vkey()]).index == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_key_for_another_command_is_refused() -> None:
    perform(Ring("big"), CENTER, via="http", key="k1")
    with pytest.raises(Refused) as refused:
        perform(Ring("small"), CENTER, via="http", key="k1")
    assert refused.value.code == "journal.key_reused"


@pytest.mark.django_db(transaction=True)
def test_a_sealed_act_stands_in_the_log_as_a_commitment() -> None:
    perform(Whisper("八百万"), CENTER, via="http")
    act = Act.objects.get()
    assert "八百万".encode() not in bytes(act.leaf)
    assert bytes(act.leaf) == leaf_of(act.document, bytes(act.salt or b""))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("command", "actor", "code"),
    [
        (Ring("cracked"), CENTER, "test.cracked"),
        (Ring("big"), Actor("person:2", "李四", frozenset({Role.BIDDER})), "test.no"),
    ],
)
def test_a_refused_attempt_changes_nothing_and_is_journalled_sealed(
    command: Ring, actor: Actor, code: str
) -> None:
    with pytest.raises(Refused):
        perform(command, actor, via="api")
    act = Act.objects.get()
    assert (act.verb, act.document["payload"]["codes"], act.sealed) == ("attempt.refused", [code], True)
    assert OutboxFact.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_batches_grow_one_consistent_tree() -> None:
    for number in range(5):
        perform(Ring(f"b{number}"), CENTER, via="http")
    sizes = list(Checkpoint.objects.values_list("size", flat=True))
    assert sizes == [1, 2, 3, 4, 5]
    from kernel import merkle

    proof = merkle.consistency(2, 5, sequencer.stored_nodes())
    heads = {c.size: bytes(c.root) for c in Checkpoint.objects.all()}
    merkle.verify_consistency(2, 5, heads[2], heads[5], proof)


@pytest.mark.django_db(transaction=True)
def test_a_reaction_that_performs_is_idempotent_when_doubled() -> None:
    HEARD.clear()
    perform(Ring("echo"), CENTER, via="http")
    assert Act.objects.filter(subject="bell:answer").count() == 1
    OutboxFact.objects.update(done_at=None)
    ReactionDone.objects.all().delete()
    outbox.relay()
    assert Act.objects.filter(subject="bell:answer").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_reaction_that_fails_is_tried_again_later() -> None:
    calls: list[int] = []

    def broken(fact: Rang, delivery: Delivery) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError

    kind = f"{Rang.__module__}.Rang"
    REACTIONS[kind]["broken"] = broken
    try:
        perform(Ring("big"), CENTER, via="http")
        row = OutboxFact.objects.get()
        assert (row.done_at, row.attempts) == (None, 1)
        OutboxFact.objects.update(retry_at=None)
        assert outbox.relay() == 1
        assert len(calls) == 2
    finally:
        del REACTIONS[kind]["broken"]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_of_an_outer_transaction_that_fails() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        perform(Ring("big"), CENTER, via="http")
        raise ZeroDivisionError
    assert Act.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_training_clock_moves_only_in_training_and_only_forward(settings: object) -> None:
    settings.TRAINING = False
    with pytest.raises(Refused) as refused:
        perform(AdvanceClock("2027-01-01T00:00:00Z"), CENTER, via="http")
    assert refused.value.code == "clock.not_training"
    settings.TRAINING = True
    from datetime import timedelta

    from journal import clock
    from kernel.clock import iso

    wanted = clock.database_now() + timedelta(days=30)
    perform(AdvanceClock(iso(wanted)), CENTER, via="http")
    assert abs(clock.now() - wanted) < timedelta(seconds=5)
    assert Act.objects.filter(verb="clock.advance").get().document["training"] is True
    with pytest.raises(Refused) as refused:
        perform(AdvanceClock("2026-01-01T00:00:00Z"), CENTER, via="http")
    assert refused.value.code == "clock.backwards"


@pytest.mark.django_db(transaction=True)
def test_what_is_due_is_performed_once() -> None:
    due.FINDERS["test"] = lambda now: [due.Due(Ring("noon"), "noon-1")]
    try:
        due.take_due()
        due.take_due()
    finally:
        del due.FINDERS["test"]
    assert Act.objects.filter(subject="bell:noon").count() == 1


def test_the_test_facts_are_declared() -> None:
    assert f"{Rang.__module__}.Rang" in FACTS
    assert {Ring, Whisper} <= set(HANDLERS)
