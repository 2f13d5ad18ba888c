"""Forgetting a person: whom a name means, what is held of them, and how it goes from topics, stores and tables."""
