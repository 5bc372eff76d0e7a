from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0003_standing")]

    operations = [
        migrations.AddConstraint(
            model_name='certificatebinding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('blocked_at__isnull', True), ('status', 'active')), models.Q(models.Q(('status', 'active'), _negated=True), ('blocked_at__isnull', False)), _connector='OR'), name='certificate_blocked_since'),
        ),
    ]
