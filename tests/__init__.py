"""All tests: unit, property, scenarios, integration and faults; `support` holds what they share."""
