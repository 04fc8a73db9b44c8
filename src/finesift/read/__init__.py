"""Reading: files into rows, rows into the corpus, nothing lost."""
