"""The chat template, the tokenizer and the loss mask."""
