"""All paths of trading: the tender and award side, then bids and openings."""

from __future__ import annotations

from trading import urls_bids, urls_tenders

urlpatterns = [*urls_tenders.urlpatterns, *urls_bids.urlpatterns]
