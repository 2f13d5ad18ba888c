"""Settings are read by their types: what is allowed is taken, anything else is refused in a person's words."""

from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

import pytest
from msgspec import Meta

from runtime.clickhouse.settings import ClickHouseSettings, ClickHouseUrl
from runtime.setting_types import Count, Networks, Port, Share, Variable, allowed
from runtime.settings import from_environ, settings_of
from schemas.errors import ConfigurationError

Generation = Annotated[int, Variable("SHARED_NUMBER"), Meta(ge=1, le=1_000_000_000)]


@dataclass(frozen=True, slots=True)
class Engine:
    """Settings of a part, nested in those of a process."""

    clickhouse_url: ClickHouseUrl = "http://127.0.0.1:8123"
    password: Annotated[str, Variable("ENGINE_PASSWORD", is_secret=True), Meta(max_length=4)] = ""
    timeout_s: Count = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """One setting of each kind."""

    generation: Generation = 1
    port: Port = 8080
    share: Share = 0.5
    above: Annotated[float, Meta(gt=0, le=1)] = 1.0
    shape: Literal["zstd", "none"] = "zstd"
    is_on: bool = False
    file: Path = Path("a")
    maybe: Path | None = None
    networks: Networks = ()
    names: tuple[str, ...] = ()
    engine: Engine = Engine()


def read(**environ: str) -> Settings:
    return from_environ(Settings, "APP_", environ)


def test_what_is_absent_or_empty_leaves_the_default() -> None:
    """A variable that is set to nothing, as compose files do, counts as one that is not set."""
    assert read() == Settings()
    assert read(APP_PORT="", SHARED_NUMBER="  ", APP_IS_ON="", CLICKHOUSE_URL="", APP_SHAPE="") == Settings()


def test_each_kind_is_read() -> None:
    """Numbers, words, paths, lists and nested settings come as what they are."""
    settings = read(
        SHARED_NUMBER="3",
        APP_PORT=" 9000 ",
        APP_SHARE=".25",
        APP_SHAPE="NONE",
        APP_FILE="/x/y",
        APP_MAYBE="z",
        APP_NETWORKS="10.0.0.0/8, ::1/128",
        APP_NAMES="a, b,",
        APP_TIMEOUT_S="7",
        CLICKHOUSE_URL="https://u:p%40@h:1/",
    )
    assert (settings.generation, settings.port, settings.share, settings.shape) == (3, 9000, 0.25, "none")
    assert (settings.file, settings.maybe) == (Path("/x/y"), Path("z"))
    assert settings.networks == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert settings.names == ("a", "b")
    assert settings.engine == Engine("https://u:p%40@h:1/", "", 7)


@pytest.mark.parametrize(
    ("text", "meant"), [("true", True), ("YES", True), ("1", True), ("False", False), ("no", False)]
)
def test_a_switch_is_read_in_every_usual_spelling(text: str, meant: bool) -> None:  # noqa: FBT001 - a table
    """true, yes and 1, false, no and 0 are taken, whatever their case."""
    assert read(APP_IS_ON=text).is_on is meant


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SHARED_NUMBER", "0", "a whole number from 1 to 1000000000"),
        ("APP_PORT", "-1", "a whole number from 1 to 65535"),
        ("APP_PORT", "http", "a whole number from 1 to 65535"),
        ("APP_PORT", "80.5", "a whole number from 1 to 65535"),
        ("APP_SHARE", "nan", "a number from 0 to 1"),
        ("APP_SHARE", "2", "a number from 0 to 1"),
        ("APP_ABOVE", "0", "a number above 0, up to 1"),
        ("APP_SHAPE", "zzz", "one of zstd, none"),
        ("APP_IS_ON", "on", "true or false (or yes, no, 1, 0)"),
        ("APP_NETWORKS", "10.0.0.1/8", "networks like 10.1.0.0/16, comma-separated"),
        ("APP_TIMEOUT_S", "0", "a whole number from 1 to 1000000000"),
        ("CLICKHOUSE_URL", "127.0.0.1:8123", "http://host:port or https://user:password@host:port"),
        ("CLICKHOUSE_URL", "http://:8123", "http://host:port or https://user:password@host:port"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(variable: str, value: str, said: str) -> None:
    """The message names the variable and its value, and says what to write in words, not a library's."""
    with pytest.raises(ConfigurationError) as refused:
        read(**{variable: value})
    assert str(refused.value) == f"{variable}={value!r}: must be {said}"


def test_a_password_is_never_shown() -> None:
    """A refused URL is shown without its credentials, a refused secret not at all."""
    with pytest.raises(ConfigurationError, match="CLICKHOUSE_URL='ftp://…@host': ") as refused:
        read(CLICKHOUSE_URL="ftp://me:hunter/2@host")
    assert "hunter" not in str(refused.value)
    with pytest.raises(ConfigurationError, match=r"^ENGINE_PASSWORD=\(not shown\): must be a text$"):
        read(ENGINE_PASSWORD="hunter2")


@pytest.mark.parametrize(
    "url",
    [
        *("http://default:hunter2#x@h:1", "http://default:hun ter2@h", "default:hunter2@h:8123"),
        *("http://h:8123?user=a&password=hunter2", "http://a:hunter2@h:99999"),
    ],
)
def test_no_form_of_a_url_shows_its_password(url: str) -> None:
    """However a URL with a password is miswritten, the error names the variable and not the password."""
    with pytest.raises(ConfigurationError, match="CLICKHOUSE_URL") as refused:
        from_environ(ClickHouseSettings, "", {"CLICKHOUSE_URL": url})
    assert "ter2" not in str(refused.value)


def test_every_setting_is_listed_with_its_variable() -> None:
    """Nested settings are listed with the others, under the process's prefix or their own name."""
    listed = {setting.variable: setting for setting in settings_of(Settings, "APP_")}
    assert {"SHARED_NUMBER", "APP_PORT", "CLICKHOUSE_URL", "ENGINE_PASSWORD", "APP_TIMEOUT_S"} < listed.keys()
    assert listed["APP_TIMEOUT_S"].owner is Engine
    assert listed["APP_TIMEOUT_S"].default == 5
    assert allowed(listed["APP_MAYBE"].hint) == "a path"
