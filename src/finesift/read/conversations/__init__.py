"""Records into conversations: what a row means, told by the names of its fields.

convert        blocks of records into columns, each row once: the way in
shapes         one record of any shape into an example, by its fields
layouts/       logs, traces and known sets, one file each, put into those fields first; `attributes` of spans, `streams`
kinds/         what plain fields are: messages, ShareGPT, Alpaca, pairs, ratings, trees, text, registered as layouts are
example        a record whose fields are taken one by one, and the example it becomes
messages       one message into a turn; `parts` where its content is a list, `tools` for calls and schemas
turn           one turn of a conversation, and what reading one needs to know
transcripts, rendered, choices, thoughts, tagged_calls      what stands within one text
labels, train_flags, media                        what fields beside the text say
unread_fields, hints, suggest                     what was not used, and what would make a row readable
fast_shapes    the common shapes at speed, a block at a time; `fast_chats` by the kernel, `fast_turns` what they give
frames         examples and turns as growing columns, and the tables they become
"""
