"""All paths of evaluation."""

from __future__ import annotations

from django.urls import path

from evaluation import api
from evaluation.views import draws, room

_API = "api/v1/evaluation"
urlpatterns = [
    path("evaluation/", draws.home),
    path("evaluation/experts/", draws.experts),
    path("evaluation/experts/<str:expert_id>/active/", draws.expert_active),
    path("evaluation/invitations/<str:ticket>/", draws.answer),
    path("evaluation/<str:number>/draw/", draws.draw),
    path("evaluation/<str:number>/draw/freeze/", draws.freeze),
    path("evaluation/<str:number>/draw/commit/", draws.commit),
    path("evaluation/<str:number>/draw/reveal/", draws.reveal),
    path("evaluation/<str:number>/draw/void/", draws.void),
    path("evaluation/<str:number>/draw/replace/", draws.replace),
    path("evaluation/<str:number>/<int:lot>/", room.room),
    path("evaluation/<str:number>/<int:lot>/documents/<str:bid>/<int:index>/", room.document),
    path("evaluation/<str:number>/<int:lot>/report.pdf", room.report),
    path("evaluation/<str:number>/<int:lot>/result/", room.result),
    path("evaluation/<str:number>/<int:lot>/do/<str:verb>/", room.act),
    path("api/v1/experts", api.experts),
    path("api/v1/experts/<str:expert_id>", api.expert),
    path(f"{_API}/rooms", api.rooms),
    path(f"{_API}/invitations", api.invitations),
    path(f"{_API}/invitations/<str:ticket>", api.invitation),
    path(f"{_API}/<str:number>/draw", api.draw),
    path(f"{_API}/<str:number>/draw/commitments", api.commitments),
    path(f"{_API}/<str:number>/draw/reveals", api.reveals),
    path(f"{_API}/<str:number>/draw/void", api.void),
    path(f"{_API}/<str:number>/seats/<int:seat>/replacement", api.replacement),
    path(f"{_API}/<str:number>/<int:lot>", api.room),
    path(f"{_API}/<str:number>/<int:lot>/result", api.result),
    path(f"{_API}/<str:number>/<int:lot>/prepare-signature", api.prepare_signature),
    path(f"{_API}/<str:number>/<int:lot>/<str:verb>", api.act),
]
