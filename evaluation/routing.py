"""Sockets of evaluation."""

from __future__ import annotations

from django.urls import path

from evaluation.consumers import EvaluationConsumer

websocket_urlpatterns = [
    path("ws/evaluation/<str:number>/<int:lot>/", EvaluationConsumer.as_asgi()),
]
