"""Reading: files into the corpus, nothing lost. Two rooms and a door.

records/         bytes into records: formats of files
conversations/   records into conversations: shapes and layouts of rows
reader           the door, through both rooms: `read`
fields, roles    what rows call their fields, and messages their roles; both rooms ask
options          what the recipe says about reading
batches          requests and answers of a batch, joined
dataset_info     what LLaMA-Factory's file of that name says of the files beside it
repair           lossy repairs, proposed and made
own_rows         rows that Finesift wrote itself
held_out         items of an evaluation
"""

from finesift.read.reader import read
from finesift.read.records.files import paths

__all__ = ["paths", "read"]
