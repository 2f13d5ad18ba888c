"""What belongs to what: the sends of some manifests against the folded messages, in the engine, every row one class."""
