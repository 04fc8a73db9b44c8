"""A person looks: which rows first, what was decided of them, and what may be concluded from it."""
