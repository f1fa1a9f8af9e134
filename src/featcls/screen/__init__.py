"""Live screening: frames as they come, rows as they go."""
