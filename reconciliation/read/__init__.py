"""Files and tables become sends: encoding, columns, values. What cannot be read is refused with its row, never dropped."""
