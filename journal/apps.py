from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "journal"
    verbose_name = "存证日志"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from journal import commands  # noqa: F401  (registers its handler)
