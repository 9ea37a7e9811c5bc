"""The steps, one a file, named by their line and number."""
