"""Checks: one file each; see `finesift.registry` for how they are declared."""
