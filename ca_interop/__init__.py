"""Certificates across authorities: paths, revocation, trust list, demo authorities."""
