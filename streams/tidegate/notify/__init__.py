"""Turns alerts into deliveries: routes, endpoints, retries, dead letters. Writes no trade data."""
