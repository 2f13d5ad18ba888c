"""A run, shown: made of what the run kept, so that it is the same byte for byte whenever it is made."""
