"""Questions that trading answers. One function a question; bids and openings are asked in their modules."""

from trading.queries.awards import objection, opened_bids, result_json
from trading.queries.notices import public_json, public_notice, terms
from trading.queries.tenders import lot, project, rulebook_of, tender

__all__ = [
    "lot",
    "objection",
    "opened_bids",
    "project",
    "public_json",
    "public_notice",
    "result_json",
    "rulebook_of",
    "tender",
    "terms",
]
