"""What an authority's tools write and read, in one shape. The profile's data is enough for most; a folder whose
authority needs more has an ``adapter.py`` with a subclass named ``Adapter``. Pure.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from ca_interop.providers import providers
from ca_interop.rules.certificates import CertificateFacts, facts
from ca_interop.rules.profiles import CiphertextOrder, MessageSyntax, Profile
from ca_interop.rules.signatures import making, message
from ca_interop.rules.signatures.message import SignedMessage
from kernel.errors import Kind, ReasonForm, Refused
from sealing import sm2
from sealing.statements import Signing

OTHER_SYNTAX = ReasonForm(
    "provider.other_syntax",
    zh="签名消息是 {found}，按证书规范应为 {wanted}",
    en="the signed message is {found}, the authority's profile says {wanted}",
)
BAD_CIPHERTEXT = ReasonForm(
    "provider.bad_ciphertext",
    zh="不是按 {order} 排列的 SM2 密文",
    en="not an SM2 ciphertext in the order {order}",
    kind=Kind.MALFORMED,
)


class ProfileAdapter:
    """An authority as its profile describes it. Ciphertexts inside the house are SM2Cipher in DER (GM/T 0009)."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def facts(self, certificate: x509.Certificate) -> CertificateFacts:
        """Organization, credit code and person from where this authority puts them."""
        return facts(certificate, self.profile)

    def read_ciphertext(self, data: bytes) -> bytes:
        """SM2Cipher in DER from what its tools wrote; ``Refused(provider.bad_ciphertext)``."""
        order = self.profile.ciphertext
        try:
            if order is CiphertextOrder.ASN1:
                sm2.to_raw(data)  # reads it, and so refuses what is none
                return data
            return sm2.from_raw(data, "C1C3C2" if order is CiphertextOrder.C1C3C2 else "C1C2C3")
        except (Refused, ValueError) as error:
            raise Refused(BAD_CIPHERTEXT(order=order.value)) from error

    def write_ciphertext(self, sealed: bytes) -> bytes:
        """What its tools read, from SM2Cipher in DER."""
        order = self.profile.ciphertext
        if order is CiphertextOrder.ASN1:
            return sealed
        return sm2.to_raw(sealed, "C1C3C2" if order is CiphertextOrder.C1C3C2 else "C1C2C3")

    def sign(self, content: bytes, signer: Signing, at: datetime) -> bytes:
        """A detached signed message as its tools write it; ``at`` whole seconds."""
        made = making.sign(content, signer, signing_time=at)
        self.read_message(made)
        return made

    def read_message(self, data: bytes) -> SignedMessage:
        """CMS or GB/T 35275, as the profile says; ``Refused(provider.other_syntax)`` for the other one."""
        read = message.read(data)
        found = MessageSyntax(read.kind)
        if found is not self.profile.messages:
            raise Refused(OTHER_SYNTAX(found=found.value, wanted=self.profile.messages.value))
        return read

    def chain(self, certificates: Sequence[x509.Certificate]) -> list[x509.Certificate]:
        """What its tools hand over as a chain, leaf first."""
        return list(certificates)


def adapter_of(profile: Profile) -> ProfileAdapter:
    """The adapter of the folder whose profile has this key, else one by the profile's data alone."""
    for provider in providers().values():
        if provider.profile.key == profile.key and provider.has_adapter:
            module = importlib.import_module(f"ca_interop.providers.{provider.folder}.adapter")
            made: ProfileAdapter = module.Adapter(profile)
            return made
    return ProfileAdapter(profile)
