"""Issuers of electronic guarantees: port, HTTP adapter, sandbox server."""

from gateways.guarantors.port import Guarantor, Standing

__all__ = ["Guarantor", "Standing"]
