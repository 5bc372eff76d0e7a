from django.apps import AppConfig


class GuaranteesConfig(AppConfig):
    name = "guarantees"
    verbose_name = "投标担保"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from guarantees import wiring

        wiring.connect()
