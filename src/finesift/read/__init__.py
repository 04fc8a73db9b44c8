"""Reading: files into rows, rows into the corpus, nothing lost.

files     paths, globs and folders into streams of records
lines     one record per line
values    JSON arrays and values that follow one another, cut or broken ones too
tables    CSV, Parquet and Arrow
shapes    one record into turns
messages  one message into a turn
columns   turns into Arrow columns
reader    all of it: `read`
"""

from finesift.read.files import paths
from finesift.read.reader import read

__all__ = ["paths", "read"]
