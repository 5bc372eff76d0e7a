"""Paths of bids and opening sessions."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
