"""Paths of projects, tenders, enquiries and awards."""

from __future__ import annotations

from django.urls import path

from trading.api import awards as api_awards
from trading.api import tenders as api
from trading.views import bidding, documents
from trading.views import tenders as views

_TENDER = "api/v1/tenders/<str:number>"
_LOT = f"{_TENDER}/lots/<str:lot>"

urlpatterns = [
    path("api/v1/projects", api.create_project),
    path("api/v1/projects/<str:number>/agent", api.commission_agent),
    path("api/v1/tenders", api.tenders),
    path(_TENDER, api.tender),
    path(f"{_TENDER}/requirements", api.requirements),
    path(f"{_TENDER}/edit", api.edit_tender),
    path(f"{_TENDER}/custodians", api.set_custodians),
    path(f"{_TENDER}/documents", api.add_document),
    path(f"{_TENDER}/documents/<str:document>/removal", api.remove_document),
    path(f"{_TENDER}/announcement", api.announce),
    path(f"{_TENDER}/cancellation", api.cancel),
    path(f"{_TENDER}/again", api.tender_again),
    path(f"{_TENDER}/clarifications", api.clarify),
    path(f"{_TENDER}/clarifications/confirmation", api.confirm_clarifications),
    path(f"{_TENDER}/enquiries", api.enquiries),
    path("api/v1/enquiries/<str:enquiry>/answer", api.answer_enquiry),
    path(f"{_LOT}/result", api_awards.result),
    path(f"{_LOT}/candidates", api_awards.announce_candidates),
    path(f"{_LOT}/objections", api_awards.object_to_result),
    path("api/v1/objections/<str:objection>/answer", api_awards.answer_objection),
    path(f"{_LOT}/award", api_awards.decide_award),
    path(f"{_LOT}/notification", api_awards.notify_result),
    path(f"{_LOT}/contract", api_awards.register_contract),
    path(f"{_LOT}/failure", api_awards.fail_lot),
    path("projects/new/", views.new_project, name="new-project"),
    path("tenders/", views.index, name="tenders"),
    path("tenders/new/", views.new_tender, name="new-tender"),
    path("tenders/<str:number>/", views.tender, name="tender"),
    path("tenders/<str:number>/bid/", bidding.bid, name="bid"),
    path("tenders/<str:number>/edit/<str:section>/", views.edit, name="edit-tender"),
    path("tenders/<str:number>/acts/<str:verb>/", views.act, name="tender-act"),
    path("tenders/<str:number>/lots/<str:lot>/acts/<str:verb>/", views.act, name="lot-act"),
    path("tenders/<str:number>/documents/<str:document>", documents.download, name="tender-document"),
]
