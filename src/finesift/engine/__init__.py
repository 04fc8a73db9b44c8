"""More rows than memory holds: the same flow over shards, on one machine or on a cluster.

tasks      where work is done: threads here, or Ray
work       the working folder: shards of the data, what stages left there, which are done
exchange   rows that go from every shard to the bucket that they are needed in
reading    files into shards
rendering  tokens and loss masks
rows       what is found in each shard for itself
copies     rows the same to the letter, and rows by their ids
across     checks that compare rows
near       rows that are nearly the same
meaning    rows that ask the same in other words
deciding   findings into decisions
placing    groups and splits
proving    what the split is worth, and what is on both sides of it
figures    the summary, added up from shards
writing    the run folder
flow       all of it

Text never leaves the disk but a shard or a bucket at a time. What the driver holds are numbers: about 60 bytes a row
while groups are made, the pairs that are nearly the same, and, where rows are compared by meaning, 150 bytes more.
"""
