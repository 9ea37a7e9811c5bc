"""What people decide: wishes, proposals, the chained log that carries them, who has a case in hand.

Nothing here changes a decision: a disposition is sent to the worker, and what came of it is read
from the worker's own records.
"""
