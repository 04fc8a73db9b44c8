"""Bytes into records: files of any format, each row as one line of JSON, before anyone knows what it means.

files          which there are, what format each is, and its records
folders        folders of data, saved data sets, and those on the hub
stream         the bytes of a file: unpacked within limits, as UTF-8, in chunks
json_lines     one record per line
json_arrays    JSON arrays, and values that follow one another, cut or broken ones too
json_object    a file that is one JSON object: rows wrapped in it, or column by column
csv_tables     CSV and TSV
arrow_tables   Parquet, Arrow and Feather
plain_text     a document per line or paragraph
record         what the other room is handed: blocks of records, and why a row cannot be used
exact_json     JSON without rounded numbers or lost keys
json_faults    what is wrong with a record that is no JSON, in words
"""
