"""Unified identity (OpenID Connect): port, HTTP adapter, sandbox provider."""

from gateways.identity.port import Account, Departure, IdentityProvider

__all__ = ["Account", "Departure", "IdentityProvider"]
