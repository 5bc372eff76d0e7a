"""Questions that evaluation answers. ``public_record(lot)`` and ``public_draws(tender)`` are for disclosure."""

from evaluation.queries.public import public_draws, public_record

__all__ = ["public_draws", "public_record"]
