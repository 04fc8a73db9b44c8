"""A run in the layout of a trainer or a provider, with what that cannot carry left out by name."""
