"""The command line: `recibo COMMAND`. A command is a module here, of the command's name, with a `command` in it."""
