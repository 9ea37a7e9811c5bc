"""The runtime's parts without a broker."""
