"""Handing webhooks on to one URL, each until it is taken: attempts, pauses, and a line of log for each attempt."""

import asyncio
import random
import time
from typing import Final, NamedTuple

import httpcore
import structlog

from relay.metrics import RelayMetrics
from relay.raw.target import Target, request_of
from relay.retry import Result, pause_s, result_of
from relay.settings import Settings
from runtime.vetted_network import Forbidden
from schemas.relay_header import Relayed

_ANSWER_BYTES_MAX: Final = 4_096

log = structlog.get_logger()


class Webhook(NamedTuple):
    """What is handed on."""

    request_id: str
    body: bytes
    relayed: Relayed


class Delivery:
    """One URL. While it does not answer, all its webhooks wait for one pause together, and one of them tries."""

    def __init__(
        self, target: Target, pool: httpcore.AsyncConnectionPool, settings: Settings, metrics: RelayMetrics
    ) -> None:
        self._target = target
        self._pool = pool
        self._settings = settings
        self._metrics = metrics.of(target)
        self._turns = asyncio.Semaphore(settings.concurrency)
        self._probe = asyncio.Lock()
        self._failures = 0
        """In a row, of all webhooks; 0 while the URL answers."""
        self._closed_until = 0.0
        self._taken_at = float("-inf")

    async def deliver(self, webhook: Webhook) -> bool:
        """Post a webhook until it is taken, or refused too often; return whether it was taken. Ends by cancellation."""
        begun, failed, refused = time.monotonic(), 0, 0
        while True:
            result, retry_after = await self._attempt_in_turn(webhook, failed + refused + 1)
            if result is Result.TAKEN:
                return True
            failed += result in (Result.FAILED, Result.FORBIDDEN)
            refused += result is Result.REFUSED
            is_hopeless = failed >= self._settings.failed_attempts_max and self._taken_at > begun
            if refused >= self._settings.refused_attempts_max or is_hopeless:
                self._metrics.given_up.inc()
                log.error("given up", request_id=webhook.request_id, source=self._target.source)
                return False
            await asyncio.sleep(self._pause_s(failed + refused, retry_after))

    async def _attempt_in_turn(self, webhook: Webhook, number: int) -> tuple[Result, str]:
        async with self._turns:
            if not self._failures:
                return await self._attempt(webhook, number)
            async with self._probe:
                if self._failures:
                    await asyncio.sleep(max(0.0, self._closed_until - time.monotonic()))
                return await self._attempt(webhook, number)

    async def _attempt(self, webhook: Webhook, number: int) -> tuple[Result, str]:
        begun = time.monotonic()
        status, retry_after, why = 0, "", ""
        try:
            status, retry_after = await self._post(webhook)
            result = result_of(status)
        except Forbidden as error:
            result, why = Result.FORBIDDEN, str(error)
        except httpcore.LocalProtocolError as error:
            # Nothing was sent: this webhook's own headers cannot be. The URL is not at fault, and the others continue.
            result, why = Result.REFUSED, f"{type(error).__name__} {error}"
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError, ValueError) as error:
            result, why = Result.FAILED, f"{type(error).__name__} {error}"
        except Exception as error:
            # A bug of ours, of this webhook alone: it must not hold up the others, nor for ever what is committed.
            log.exception("an attempt failed unexpectedly", request_id=webhook.request_id)
            result, why = Result.REFUSED, f"a bug: {type(error).__name__}"
        self._note(result, retry_after)
        tell = log.info if result is Result.TAKEN else log.warning
        tell(
            "attempt",
            request_id=webhook.request_id,
            source=self._target.source,
            host=self._target.host,
            attempt=number,
            result=str(result),
            status=status,
            milliseconds=round((time.monotonic() - begun) * 1000),
            why=why[:200],
        )
        return result, retry_after

    async def _post(self, webhook: Webhook) -> tuple[int, str]:
        url, headers = request_of(self._target, webhook.relayed, webhook.request_id)
        seconds = self._settings.post_ms_max / 1000
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        async with asyncio.timeout(seconds):
            async with self._pool.stream(
                "POST", url, headers=headers, content=webhook.body, extensions={"timeout": timeouts}
            ) as response:
                async for chunk in response.aiter_stream():
                    if len(chunk) > _ANSWER_BYTES_MAX:
                        break
                named = {name.lower(): value for name, value in response.headers}
                return response.status, named.get(b"retry-after", b"").decode("latin-1")

    def _note(self, result: Result, retry_after: str) -> None:
        self._metrics.attempts[result].inc()
        if result in (Result.FAILED, Result.FORBIDDEN):
            self._failures += 1
            self._closed_until = time.monotonic() + self._pause_s(self._failures, retry_after)
        else:
            self._failures = 0
            self._taken_at = time.monotonic() if result is Result.TAKEN else self._taken_at

    def _pause_s(self, failures: int, retry_after: str) -> float:
        chance = random.random()  # noqa: S311 - spreads load, hides nothing
        return pause_s(failures, retry_after, self._settings, chance)
