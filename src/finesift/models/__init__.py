"""Small classifiers that come with the package, each with the script that trained it."""
