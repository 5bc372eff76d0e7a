"""Outbound ports to other systems: each a Protocol, an HTTP adapter, a sandbox server."""
