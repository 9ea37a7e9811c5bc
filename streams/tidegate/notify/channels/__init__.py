"""What each kind of endpoint is told: an alert as its request or message. Pure, no I/O."""
