"""Readers of image files, one file each."""
