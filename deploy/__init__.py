"""How Recibo runs: the command line, the local stack, the demonstration, images and dashboards."""
