"""The pure core: facts, verdicts, tables and an instant in; a decision out.

No clock, file, network or environment. Whatever a decision hangs on is an argument, and the
decision holds or names all of it, so that it can be made again to the byte.
"""
