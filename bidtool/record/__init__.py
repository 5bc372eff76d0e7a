"""Checking the public record of a tender (RECORD.md): no network, no database, bounded memory."""
