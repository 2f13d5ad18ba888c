"""How Recibo runs: its image, the local stack, the demonstration with a known truth, the dbt package."""
