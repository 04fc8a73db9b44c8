"""The gate for continuous integration: may this data be merged?"""
