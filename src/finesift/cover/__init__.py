"""Coverage: which behaviours a set teaches, how many correct rows each has, and what is missing."""
