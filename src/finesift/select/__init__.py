"""Choosing fewer rows of a run's training split, with what it would have been by chance beside it."""
