"""Turns alerts into deliveries: routes, endpoints, retries, dead letters. Writes no trade data.

One notifier works and others stand by; `notifier` is the whole, `shift` one time at work.
"""
