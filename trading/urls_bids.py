"""Paths of bids and opening sessions."""

from __future__ import annotations

from django.urls import URLPattern, path

from trading.api import bids, openings
from trading.views import hall_desk, halls

urlpatterns: list[URLPattern] = [
    path("api/v1/tenders/<str:number>/lots/<str:lot>/bids", bids.submit),
    path("api/v1/tenders/<str:number>/lots/<str:lot>/bids/examination", bids.examine),
    path("api/v1/tenders/<str:number>/opening", openings.opening),
    path("api/v1/tenders/<str:number>/opening/prepare-signature", openings.prepare_signature),
    path("api/v1/tenders/<str:number>/opening/<str:verb>", openings.act),
    path("api/v1/bids/<str:bid>/withdrawal", bids.withdraw),
    path("api/v1/bids/<str:bid>/revocation", bids.revoke),
    path("api/v1/bids/<str:bid>/key-release", bids.release_key),
    path("api/v1/bids/<str:bid>/state", bids.state),
    path("api/v1/bids/<str:bid>/key-lost", bids.key_lost),
    path("api/v1/bids/<str:bid>/shares", bids.shares),
    path("api/v1/bids/<str:bid>/envelope", bids.envelope),
    path("api/v1/bids/<str:bid>/header", bids.header),
    path("halls/", halls.index, name="halls"),
    path("halls/<str:number>/", halls.hall, name="hall"),
    path("halls/<str:number>/desk/", hall_desk.desk, name="hall-desk"),
    path("halls/<str:number>/record.pdf", halls.record, name="hall-record"),
    path("halls/<str:number>/<str:verb>/", halls.act, name="hall-act"),
]
