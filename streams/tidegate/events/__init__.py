"""What arrives and what leaves: pydantic models, CloudEvents codec, errors that name a field.

The published contracts in `schemas/` are generated from here. No judgement lives in this room.
"""
