"""asv classes: each kernel, and beside it what one would use without it."""
