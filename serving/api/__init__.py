"""HTTP: who asks, within which limits, and how it is answered."""
