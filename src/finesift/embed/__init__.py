"""Texts as vectors: encoders, the vectors kept between runs, and who is near whom."""
