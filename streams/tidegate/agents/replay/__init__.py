"""What was decided, decided again: recorded inputs through the engine of today, and the comparison.

Exact: the journal says what each transaction took, at which clock, and how far walks came; the same
agents take the same here. Nothing is written to a topic.
"""
