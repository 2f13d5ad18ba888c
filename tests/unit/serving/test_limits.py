"""What one token may ask: a burst, then a rate, and so many at once."""

from serving.api.token_limits import TokenLimits


def test_a_burst_then_a_rate() -> None:
    """After its burst a token waits; what it waited is given back, and another token is not concerned."""
    limits = TokenLimits(60, 3, 100)
    assert [limits.take("a", 0.0)[0] for _ in range(4)] == [True, True, True, False]
    assert limits.take("a", 0.0)[1:] == ('"token";r=0;t=3', 1)
    assert limits.take("b", 0.0)[0]
    assert limits.take("a", 1.0)[0]
    assert not limits.take("a", 1.5)[0]


def test_so_many_at_once() -> None:
    """A token's requests under way are bounded; one that is answered makes room."""
    limits = TokenLimits(6_000, 100, 2)
    assert [limits.take("a", 0.0)[0] for _ in range(3)] == [True, True, False]
    limits.end("a")
    assert limits.take("a", 0.0)[0]
