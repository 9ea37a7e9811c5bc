"""The doctor: what can be wrong with a deployment, one check a file; it changes nothing."""
