"""Classifiers of feature vectors: a factory, its space and its registration, one file each."""
