"""Pure rules about certificates: no Django, no network, no clock."""
