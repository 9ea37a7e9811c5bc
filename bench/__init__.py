"""Measurements on a real broker. They print a table and assert nothing."""
