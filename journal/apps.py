from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "journal"
    verbose_name = "存证日志"
    default_auto_field = "django.db.models.BigAutoField"
