"""A whole stack of a test's own, beside any other on this machine."""

from collections.abc import Mapping
from pathlib import Path

from deploy.local.stack_settings import StackSettings


def own_stack(data_dir: Path, config_file: Path, environ: Mapping[str, str] | None = None) -> StackSettings:
    """Return the settings of a stack that starts fast, on whatever ports are free."""
    return StackSettings(
        data_dir=data_dir,
        config_file=config_file,
        ingest_port=0,
        kafka_port=0,
        clickhouse_port=0,
        ingest_metrics_port=0,
        processors_metrics_port=0,
        projections_metrics_port=0,
        relay_metrics_port=0,
        api_port=0,
        api_metrics_port=0,
        starts_fast=True,
        environ=environ or {},
    )
