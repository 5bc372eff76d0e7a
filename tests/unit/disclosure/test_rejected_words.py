"""A rejected bid's ground is shown in the law's words, never as its code."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from disclosure.queries import tender_page
from trading.rules.rejection_grounds import GROUNDS


@pytest.mark.parametrize("code", sorted(GROUNDS))
def test_a_ground_is_shown_in_words(code: str) -> None:
    report = SimpleNamespace(rejected=[{"bidder": "甲", "ground": code, "law": GROUNDS[code].law}])
    lot = SimpleNamespace(status="candidates_announced")
    assert tender_page._rejected(lot, report) == [  # type: ignore[arg-type]
        {"bidder": "甲", "ground": GROUNDS[code].zh, "law": GROUNDS[code].law}
    ]
