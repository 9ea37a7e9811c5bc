"""`tidegate demo`: an embedded broker, two workers, traffic, and a story told on the terminal.

Each part is by itself: `stage` (processes), `tally` (what the topics say), `story` (what is made to
happen), `screen` and `lines` (how it is shown), `show` (all of it together).
"""
