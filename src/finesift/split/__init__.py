"""The split: groups that never cross, assignment, and the seal."""
