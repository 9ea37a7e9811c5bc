"""The `tidegate` command. Edges only: files, terminal, clock, exit codes."""
