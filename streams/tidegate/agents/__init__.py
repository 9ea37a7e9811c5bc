"""The agents: what a worker does with each record. Thin: state in, engine, state and records out.

They talk to Kafka only through the runtime's transaction, so that the same agents run on a broker,
in memory for `check`, and in tests.
"""
