"""What may be asked: one file a question over the published views, pure; `engine.py` is the one edge."""
