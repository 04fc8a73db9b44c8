"""How near two prompts are in meaning, as findings say it."""

import polars as pl

#: For the frame ALIKE: of the sentence model's vectors, and where it was not asked, of the static ones.
NEARNESS = pl.coalesce(
    pl.format("sentence vectors {}", pl.col("sentence").round(2)),
    pl.format("static vectors {}", pl.col("prompt").round(2)),
)
