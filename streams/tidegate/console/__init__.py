"""What people and other systems see and decide: store, API, pages; no rules of law.

`store` holds what the topics say in tables that can be dropped and read again; `projector` fills
it; `identity` knows who may do what; `api` and `pages` answer. A decision is never made here: what
a person decides travels as an event to the worker, and comes back as the worker's decision.
"""
