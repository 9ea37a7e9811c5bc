"""From the topics to the store: what was read and how far, in one database transaction. No HTTP."""
