"""Kill, freeze and lie to real workers on a real Kafka, then verify all that they wrote.

Nothing here is known to the product: `worker` starts the real worker after patching one step of it.
"""
