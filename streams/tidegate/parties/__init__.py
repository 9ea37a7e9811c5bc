"""Names of parties: how they are folded and compared. Pure; memory of one process."""
