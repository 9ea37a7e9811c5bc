"""Importers: lists as authorities publish them, into the canonical form. Pure: bytes to rows."""
