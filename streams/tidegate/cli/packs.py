"""Where the packs' folder is read: see `tidegate.ops.packs`."""

from tidegate.ops.packs import load_tables, read_packs, tables_of

__all__ = ["load_tables", "read_packs", "tables_of"]
