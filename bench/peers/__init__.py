"""What Tidegate is set beside: others on the same broker, with the same records, one at a time."""
