"""Matching: what is the same, nearly the same, or contained in something else."""
