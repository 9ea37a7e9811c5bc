"""Exactly-once batches over Kafka: units of ownership, transactions, state, recovery, timers.

Nothing here knows what a shipment is. An agent is handed in as a `Processor`; the runtime gives
it records and a transaction to write to, and sees to it that each record counts once.
"""
