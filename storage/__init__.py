"""Batches in, journal, archive and index out; search, export and retention over the files alone."""
