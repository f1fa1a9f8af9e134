"""Feature extractors: `Frame -> float64 vector`, one file each."""
