"""How well names are met: `make eval` prints docs/screening.md's tables. Nothing here ships."""
