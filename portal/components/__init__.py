"""The parts that pages are made of, as filters and tags of the library ``portal`` (``{% load portal %}``)."""
