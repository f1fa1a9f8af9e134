"""Preprocessors: `Frame -> Frame`, one file each."""
