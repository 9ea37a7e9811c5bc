"""The published contracts, and what makes them from the event models."""
