"""Finesift gets fine-tuning data right before anyone hits train."""

__version__ = "0.1.0"
