"""What the rooms above trading say for a record: guarantees, the committee's work, the agent's selection."""

from __future__ import annotations

from typing import Any

from trading.models import Bid, Tender


def licensed_issuers() -> list[str]:
    return []


def guarantee_of(bid: Bid) -> dict[str, Any] | None:
    return None


def evaluation_files(tender: Tender) -> dict[str, Any]:
    return {}
