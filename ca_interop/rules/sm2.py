"""SM2-with-SM3 verification under its old name here; the primitive lives in :mod:`sealing.sm2` (docs/adr/0009)."""

from sealing.sm2 import CURVE_OID, DEFAULT_ID, available, is_sm2, verify

__all__ = ["CURVE_OID", "DEFAULT_ID", "available", "is_sm2", "verify"]
