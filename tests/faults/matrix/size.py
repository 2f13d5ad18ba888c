"""How large a run of the fault rows is: rounds and seed, given by the command through the environment."""

import os
from typing import Final

ROUNDS_VARIABLE: Final = "FAULT_ROUNDS"
SEED_VARIABLE: Final = "FAULT_SEED"


def rounds(default: int) -> int:
    """Return how many rounds a row goes; `default` where no command says."""
    return int(os.environ.get(ROUNDS_VARIABLE, default))


def first_seed(default: int = 1) -> int:
    """Return the seed of a row's first round; `default` where no command says."""
    return int(os.environ.get(SEED_VARIABLE, default))
