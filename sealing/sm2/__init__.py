"""SM2 (GB/T 32918, GM/T 0003): keys, signatures with SM3, public-key encryption, key files.

The computing is the system's libcrypto (:mod:`sealing.sm2.library`, docs/adr/0009). A machine without
one refuses by name, ``Refused(sm2.no_library)``; :func:`available` asks before.
"""

from sealing.sm2.certificates import issue, issue_crl
from sealing.sm2.ciphertext import from_raw, to_raw
from sealing.sm2.files import KeyFile, dump_pkcs12, load_pem, load_pkcs12
from sealing.sm2.keys import (
    CURVE_OID,
    DEFAULT_ID,
    SIGNATURE_OID,
    Sm2PrivateKey,
    Sm2PublicKey,
    is_sm2,
    public_key_of,
    spki_of,
    verify,
)
from sealing.sm2.library import available

__all__ = [
    "CURVE_OID",
    "DEFAULT_ID",
    "KeyFile",
    "SIGNATURE_OID",
    "Sm2PrivateKey",
    "Sm2PublicKey",
    "available",
    "dump_pkcs12",
    "from_raw",
    "is_sm2",
    "issue",
    "issue_crl",
    "load_pem",
    "load_pkcs12",
    "public_key_of",
    "spki_of",
    "to_raw",
    "verify",
]
