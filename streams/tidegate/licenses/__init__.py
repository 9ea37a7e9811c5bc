"""Licenses: does a claim keep within one, and is it usable at an instant. Pure."""
