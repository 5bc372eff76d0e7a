"""The tender side through the one door: prepare, announce, take, ask, answer, clarify, cancel."""

from __future__ import annotations

import pytest

from tests import worlds_tenders as worlds

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    with worlds.world() as made:
        yield made


def test_a_lawful_draft_is_announced_and_frozen(world):
    tender = worlds.announced_tender(world)
    assert tender.status == "announced"
