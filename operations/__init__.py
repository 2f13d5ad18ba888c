"""What an operator does to a deployment: sources, learning, doctor, archive, rebuild, repair, topics, generation."""
