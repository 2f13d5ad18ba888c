"""`recibo parse`."""

from pathlib import Path

from click.testing import CliRunner

from cli.parse import command

PAYLOADS = Path(__file__).parents[2] / "payloads"


def test_prints_the_events_of_a_body() -> None:
    """Each event of a batch is shown with its subject and status."""
    result = CliRunner().invoke(command, ["--provider", "meta_cloud", str(PAYLOADS / "meta-cloud-batch.json")])
    assert result.exit_code == 0, result.output
    assert result.output.count('"provider_status"') == 5
    assert "recipient_unreachable" in result.output


def test_says_why_a_body_is_not_understood(tmp_path: Path) -> None:
    """A body that is no event is shown with the reason."""
    body = tmp_path / "body.json"
    body.write_text('{"hello": "world"}')
    result = CliRunner().invoke(command, ["--provider", "wpp_marketing", str(body)])
    assert "no status found" in result.output


def test_reads_with_a_sources_own_mapping(tmp_path: Path) -> None:
    """A source's own words and paths are used."""
    config, body = tmp_path / "recibo.toml", tmp_path / "body.json"
    config.write_text(
        '[sources.shop]\nprovider = "wpp_marketing"\n[sources.shop.auth]\nkind = "none"\n'
        '[sources.shop.mapping.paths]\nmessage_id = ["m"]\nstatus = ["s"]\n[sources.shop.mapping.words]\nread = ["abriu"]\n'
    )
    body.write_text('{"m": "1", "s": "Abriu!"}')
    result = CliRunner().invoke(command, ["--source", "shop", "--config", str(config), str(body)])
    assert '"status": "read"' in result.output
