"""The verbs of parties: signing in, registering, certificates, roles, administrators, other ways in."""

from parties.commands.accounts import EndAccountSessions, EnterByAccount, LinkAccount, UnlinkAccount
from parties.commands.administration import HandOverAdministration
from parties.commands.certificates import (
    BindCertificate,
    BootstrapCenter,
    RegisterByCertificate,
    SignIn,
)
from parties.commands.registration import NoteRegistration
from parties.commands.requests import ConfirmCertificate, DeclineCertificate
from parties.commands.roles import EndRole, GrantRole
from parties.commands.standing import BlockCertificate, LiftBlock, RetireCertificate

__all__ = [
    "BindCertificate",
    "BlockCertificate",
    "BootstrapCenter",
    "ConfirmCertificate",
    "DeclineCertificate",
    "EndAccountSessions",
    "EndRole",
    "EnterByAccount",
    "GrantRole",
    "HandOverAdministration",
    "LiftBlock",
    "LinkAccount",
    "NoteRegistration",
    "RegisterByCertificate",
    "RetireCertificate",
    "SignIn",
    "UnlinkAccount",
]
