"""What a run shows: summary, terminal, report."""
