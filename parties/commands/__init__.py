"""The verbs of parties: signing in, registering, certificates, roles."""

from parties.commands.certificates import (
    BindCertificate,
    BlockCertificate,
    BootstrapCenter,
    RegisterByCertificate,
    SignIn,
)
from parties.commands.roles import EndRole, GrantRole

__all__ = [
    "BindCertificate",
    "BlockCertificate",
    "BootstrapCenter",
    "EndRole",
    "GrantRole",
    "RegisterByCertificate",
    "SignIn",
]
