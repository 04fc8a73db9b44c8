"""Generation under control: rows for gaps in coverage, cleaned as everything else, trained only once seen."""
