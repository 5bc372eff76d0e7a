from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "evaluation"
    verbose_name = "评标"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from evaluation import wiring

        wiring.connect()
