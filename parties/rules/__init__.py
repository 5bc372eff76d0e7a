"""Pure rules about persons, organizations and roles: no Django, no clock."""
