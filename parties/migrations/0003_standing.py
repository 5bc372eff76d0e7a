from django.db import migrations


def carry_over(apps, editor):
    """Blocked certificates get their status and the outage; the first person of each organization, by
    certificate, becomes its administrator."""
    binding = apps.get_model("parties", "CertificateBinding")
    outage = apps.get_model("parties", "Outage")
    administration = apps.get_model("parties", "Administration")
    for row in binding.objects.filter(blocked_at__isnull=False):
        outage.objects.create(binding=row, since=row.blocked_at, reason=row.blocked_reason or "—")
    binding.objects.filter(blocked_at__isnull=False).update(status="blocked")
    seen = set()
    for row in binding.objects.filter(organization__isnull=False).order_by("bound_at", "id"):
        if row.organization_id not in seen:
            seen.add(row.organization_id)
            administration.objects.create(
                organization_id=row.organization_id, person_id=row.person_id, since=row.bound_at
            )


class Migration(migrations.Migration):
    dependencies = [("parties", "0002_bindings")]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
