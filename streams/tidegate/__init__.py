"""Tidegate watches shipments and licenses and says, with the law cited, which must not move."""

__version__ = "0.1.0"
