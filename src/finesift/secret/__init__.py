"""Secrets in data: what they look like, and how they are taken out."""
