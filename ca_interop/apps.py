from django.apps import AppConfig


class CaInteropConfig(AppConfig):
    name = "ca_interop"
    verbose_name = "跨 CA 互认"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ca_interop import wiring

        wiring.connect()
