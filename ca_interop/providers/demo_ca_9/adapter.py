"""Demo CA nine: ciphertexts are hexadecimal text without the leading 04, as old SM2 libraries write them."""

from __future__ import annotations

import binascii

from ca_interop.providers.adapter import BAD_CIPHERTEXT, ProfileAdapter
from kernel.errors import Refused


class Adapter(ProfileAdapter):
    def read_ciphertext(self, data: bytes) -> bytes:
        try:
            raw = binascii.unhexlify(data.strip())
        except (binascii.Error, ValueError) as error:
            raise Refused(BAD_CIPHERTEXT(order="hex")) from error
        return super().read_ciphertext(raw)

    def write_ciphertext(self, sealed: bytes) -> bytes:
        return super().write_ciphertext(sealed)[1:].hex().encode()
