"""Person codes (苏服码): port, HTTP adapter, sandbox server."""

from gateways.persons.port import PersonCodes, Shown

__all__ = ["PersonCodes", "Shown"]
