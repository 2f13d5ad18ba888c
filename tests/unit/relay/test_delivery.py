"""Handing one webhook on, where our own code fails."""

from typing import Any, NoReturn

import httpcore

from relay.metrics import RelayMetrics
from relay.raw.delivery import Delivery, Webhook
from relay.raw.target import Target
from relay.settings import Settings
from schemas.relay_header import Relayed


class BrokenPool(httpcore.AsyncConnectionPool):
    """Stands in for a bug under one webhook's attempts."""

    def stream(self, *_: Any, **__: Any) -> NoReturn:
        """Fail as no network does."""
        raise KeyError("a bug")


async def test_a_webhook_that_meets_a_bug_is_given_up() -> None:
    """An attempt that fails unexpectedly counts as refused: after a few the webhook is given up, and counted,
    so that it holds up neither the others nor the commits.
    """
    metrics = RelayMetrics()
    target = Target("shop", "https://example.com/crm")
    settings = Settings(backoff_ms_min=1, backoff_ms_max=2, refused_attempts_max=3)
    delivery = Delivery(target, BrokenPool(), settings, metrics)
    assert not await delivery.deliver(Webhook("r1", b"{}", Relayed(query="", headers=[])))
    labels = {"source": "shop", "host": "example.com"}
    assert metrics.registry.get_sample_value("recibo_relay_given_up_total", labels) == 1
