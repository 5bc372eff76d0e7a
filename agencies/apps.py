from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "agencies"
    verbose_name = "中介超市"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from agencies import wiring

        wiring.connect()
