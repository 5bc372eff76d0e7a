"""A broken constraint is known by its name, also where the database tells only columns."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from journal import constraints, door
from journal.models import Act, Checkpoint, LogNode, OutboxFact, Performed, ReactionDone
from trading.models import Tender

AT = datetime(2026, 11, 25, tzinfo=UTC)


def _broken(make: object) -> tuple[str, ...]:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        make()  # type: ignore[operator]
    return constraints.broken(error.value)


@pytest.mark.django_db
def test_a_constraint_over_several_columns() -> None:
    LogNode.objects.create(level=0, index=0, hash=b"a")
    assert _broken(lambda: LogNode.objects.create(level=0, index=0, hash=b"b")) == ("log_node_once",)


@pytest.mark.django_db
def test_a_constraint_over_a_foreign_key() -> None:
    fact = OutboxFact.objects.create(kind="k", payload={}, at=AT)
    ReactionDone.objects.create(fact=fact, reaction="r")
    assert _broken(lambda: ReactionDone.objects.create(fact=fact, reaction="r")) == ("reaction_once_a_fact",)


@pytest.mark.django_db
def test_a_field_that_is_unique_by_itself() -> None:
    def make() -> None:
        Checkpoint.objects.create(size=1, root=b"", note="", at=AT)

    make()
    assert _broken(make) == ("journal_checkpoint_size_key",)


@pytest.mark.django_db
def test_what_is_no_constraint_of_ours_is_a_lost_race() -> None:
    act = Act(verb="v", actor="a", at=AT, document={}, leaf=b"")
    act.save(force_insert=True)
    again = Act(id=act.id, verb="v", actor="a", at=AT, document={}, leaf=b"")
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        again.save(force_insert=True)
    assert door.reason_of(error.value).code == "journal.race_lost"


@pytest.mark.django_db
def test_the_key_of_an_idempotent_call() -> None:
    act = Act.objects.create(verb="v", actor="a", at=AT, document={}, leaf=b"")

    def make() -> None:
        Performed.objects.create(actor="a", key="k", command_sha256="", act=act, result={})

    make()
    assert _broken(make) == ("performed_once",)


def test_check_constraints_and_expressions_are_named_by_sqlite_too() -> None:
    assert constraints.broken(IntegrityError("CHECK constraint failed: lot_no_positive")) == (
        "lot_no_positive",
    )
    assert constraints.broken(IntegrityError("UNIQUE constraint failed: index 'name_once'")) == ("name_once",)
    assert constraints.broken(IntegrityError("FOREIGN KEY constraint failed")) == ()


def test_every_reason_stands_for_a_constraint_that_exists() -> None:
    known = {name for names in constraints.unique().values() for name in names}
    known |= {c.name for m in apps.get_models() for c in m._meta.constraints}
    assert sorted(set(door.CONSTRAINTS) - known) == []


def test_a_tenders_number_taken_at_the_same_moment_has_its_own_code() -> None:
    error = IntegrityError(f"UNIQUE constraint failed: {Tender._meta.db_table}.number")
    assert door.reason_of(error).code == "tender.number_taken"
