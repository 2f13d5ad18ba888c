"""The first hour with a source: whatever a command prints to be done next is done as it is printed, and works."""

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deploy.local.engine_access import password_file_for
from deploy.local.stack import Stack
from runtime.programs import CHECKOUT
from schemas.providers import PROVIDERS
from tests.e2e.provider_world import eventually
from tests.support.certificates import Authority
from tests.support.own_stack import own_stack

PUBLIC_URL = "https://hooks.example.com"
TWILIO_FORM = b"MessageSid=SM-first&MessageStatus=read&To=whatsapp%3A%2B5511987654321"

pytestmark = pytest.mark.timeout(300)


@dataclass
class Home:
    """A running stack, and a shell in which its commands are run as they are printed."""

    folder: Path
    stack: Stack

    @property
    def environ(self) -> dict[str, str]:
        """What a shell of somebody who runs the stack has set."""
        a = self.stack.addresses
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "PYTHONPATH": str(CHECKOUT),
            "RECIBO_CONFIG": str(self.folder / "recibo.toml"),
            "RECIBO_DATA_DIR": str(self.folder / "data"),
            "RECIBO_INGEST_PORT": a.ingest.rpartition(":")[2],
            "KAFKA_BOOTSTRAP_SERVERS": a.kafka,
            "CLICKHOUSE_URL": a.clickhouse,
        }

    def run(
        self, line: str, *, fails: bool = False, given: str | None = None, environ: Mapping[str, str] | None = None
    ) -> str:
        """Run a line of shell; return what it printed."""
        done = subprocess.run(
            ["sh", "-c", line],
            env={**self.environ, **(environ or {})},
            cwd=self.folder,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        printed = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, f"$ {line}\n{printed}"
        return printed

    def add(self, name: str, provider: str, *more: str) -> str:
        """Register a source, and wait until ingest serves it."""
        secret = "a-secret-of-at-least-thirty-two-bytes\n"
        arguments = ["recibo", "source", "add", name, "--provider", provider, "--secret-stdin", *more]
        printed = self.run(shlex.join(arguments), given=secret)
        url = f"{self.stack.addresses.ingest}/v1/webhooks/{name}"
        eventually(lambda: httpx.get(url, trust_env=False).status_code != httpx.codes.NOT_FOUND, f"{name} to be served")
        return printed

    def wait_for_message(self, message_id: str, options: str = "") -> str:
        """Return what `recibo message` prints of a message, once there is one."""
        line = f"recibo message {message_id} {options}"
        eventually(lambda: "What came" in self.run(f"{line} || true"), f"message {message_id}")
        return self.run(line)

    def status_of(self, path: str, body: bytes = b"", **headers: str) -> int:
        """Post to a URL, and return what is answered."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.stack.addresses.ingest}/v1/webhooks/{path}"
        return httpx.post(url, content=body, headers=named, trust_env=False).status_code


@contextmanager
def running_home(folder: Path, **environ: str) -> Iterator[Home]:
    with Stack(own_stack(folder / "data", folder / "recibo.toml", environ)) as stack:
        yield Home(folder, stack)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A stack of whose deployment no public URL is known."""
    with running_home(tmp_path_factory.mktemp("home")) as running:
        yield running


def test_a_source_is_tried_by_the_line_that_follows(home: Home) -> None:
    """`source add` prints the URL; `source test`, or what it says to do first, ends with a row of that provider's shape.

    That every provider's own shape and proof are taken, tests/unit/operations/test_source_proofs.py shows.
    """
    for provider in ("generic", "evolution", "cloudevents", "twilio"):
        name = f"t-{provider}"
        printed = home.add(name, provider)
        assert f"/v1/webhooks/{name}" in printed
        if provider == "generic":
            assert "recibo source learn" in home.run(f"recibo source test {name}", fails=True)
            continue
        if provider == "twilio":
            line = re.search(r"^ +(recibo source url .*)$", printed, re.MULTILINE)
            assert line, printed
            said = home.run(f"recibo source test {name}", fails=True)
            assert "Twilio signs the URL that it calls" in said
            assert f"recibo source url {name} https://YOUR-HOST" in said
            home.run(line[1].replace("https://YOUR-HOST", PUBLIC_URL))
        wait_until_tested(home, name)


def wait_until_tested(home: Home, name: str) -> None:
    eventually(lambda: "The whole line works" in _tested(home, name), f"{name}'s test")


def _tested(home: Home, name: str) -> str:
    """Return what `source test` prints; ingest may not have read the last change yet."""
    return home.run(f"recibo source test {name} || true")


def test_what_by_events_appends_is_taken(home: Home) -> None:
    """Evolution with `byEvents` posts to the URL and the event's name, and is taken; what is no event's name is unknown."""
    home.add("by-events", "evolution")
    secret = "Bearer a-secret-of-at-least-thirty-two-bytes"
    body = PROVIDERS["evolution"].sample.body("application/json", "m-by-events", "read", 1_773_144_000_000)  # type: ignore[union-attr]
    answer = home.status_of("by-events/messages-update", body, authorization=secret, content_type="application/json")
    assert answer == PROVIDERS["evolution"].answer
    assert home.status_of("by-events/a/b/c", body, authorization=secret) == httpx.codes.NOT_FOUND
    home.add("by-events-path", "evolution", "--auth", "path")
    url = "by-events-path/a-secret-of-at-least-thirty-two-bytes/send-message"
    assert home.status_of(url, body, content_type="application/json") == PROVIDERS["evolution"].answer
    home.wait_for_message("m-by-events", "--account by-events-path")


def test_a_form_posted_to_a_generic_source_is_kept_and_learned(home: Home) -> None:
    """A form is answered 204 and kept; `doctor` names the command that learns it, which makes its statuses rows."""
    home.add("forms", "generic", "--auth", "none")
    for number, word in enumerate(("enviado", "entregue", "lido")):
        form = f"mensagem_id=f-1&situacao={word}&telefone=5511987654321&quando=17731440{number:02}".encode()
        assert home.status_of("forms", form, content_type="application/x-www-form-urlencoded") == httpx.codes.NO_CONTENT
    assert home.status_of("forms", b"--x\r\n", content_type="multipart/form-data; boundary=x") == httpx.codes.NO_CONTENT
    learn = r"forms: 4 of 4 events of the last hour are not understood.*`(recibo source learn forms)`"
    eventually(lambda: re.search(learn, home.run("recibo doctor || true")) is not None, "doctor to see them")
    line = re.search(learn, home.run("recibo doctor || true"))
    assert line
    printed = home.run(f"{line[1]} --yes")
    assert "3 of 4 requests are understood whole now" in printed
    home.wait_for_message("f-1")


def test_a_wrong_secret_is_explained_without_being_shown(home: Home) -> None:
    """`source test` says what it signed and under which variable, ingest's log what came and what was expected, `doctor`
    that all was refused; no secret is in any of them.
    """
    home.add("wrong", "wpp_marketing")
    wrong = "another-secret-that-ingest-has-not"
    printed = home.run("recibo source test wrong", fails=True, environ={"RECIBO_SECRET_WRONG": wrong})
    assert "X-Recibo-Signature: HMAC-SHA256, in hexadecimal, after 'sha256=', of the body's" in printed
    assert "under RECIBO_SECRET_WRONG" in printed
    log = (home.folder / "data" / "logs" / "ingest.log").read_text()
    (said,) = [line for line in log.splitlines() if "does not prove" in line and '"wrong"' in line]
    assert "with 64 hexadecimal digits, which is another; expected X-Recibo-Signature" in said
    refused = r"fail +source +wrong: \d+ of \d+ requests of the last hour were refused \(.*unauthenticated 1.*\) → .*`(recibo source test wrong)`"
    eventually(lambda: re.search(refused, home.run("recibo doctor || true")) is not None, "doctor to see it")
    doctor = home.run("recibo doctor || true")
    found = re.search(refused, doctor)
    assert found
    assert "The whole line works" in home.run(found[1])
    for secret in (wrong, "a-secret-of-at-least-thirty-two-bytes"):
        assert secret not in printed + log + doctor


def test_a_cloud_event_in_binary_mode_becomes_a_row(home: Home) -> None:
    """Attributes in headers and data in the body, over real HTTP, are one event with the attributes' id and time."""
    home.add("binary", "cloudevents", "--auth", "none")
    attributes = {"ce_specversion": "1.0", "ce_id": "e-77", "ce_source": "crm", "ce_type": "delivered"}
    data = b'{"message_id": "m-binary", "recipient": "5511987654321"}'
    answer = home.status_of(
        "binary", data, content_type="application/json", ce_time="2026-03-10T12:00:00Z", **attributes
    )
    assert answer == httpx.codes.NO_CONTENT
    printed = home.wait_for_message("m-binary")
    assert "status            delivered" in printed
    assert "delivered         2026-03-10 12:00:00.000" in printed


def test_a_public_url_given_to_add_is_kept(home: Home) -> None:
    """`source add --public-url` is what is signed from then on: listed, shown, and tested by that URL without any setting."""
    home.add("kept", "twilio", "--public-url", PUBLIC_URL)
    assert f"{PUBLIC_URL}/v1/webhooks/kept" in home.run("recibo source list")
    assert "The whole line works" in home.run("recibo source test kept")


def test_a_list_that_is_piped_has_one_line_a_source(home: Home) -> None:
    """However long its URL is, a source is one line, and the URL can be cut out of it."""
    home.add("one-line", "waha", "--public-url", f"{PUBLIC_URL}/{'a-long-path/' * 20}end")
    lines = home.run("recibo source list | cat", environ={"COLUMNS": "40"}).splitlines()
    (line,) = [line for line in lines if line.startswith("one-line ")]
    assert line.split()[-1] == f"{PUBLIC_URL}/{'a-long-path/' * 20}end/v1/webhooks/one-line"
    assert len(lines) == 1 + len(tomllib.loads((home.folder / "recibo.toml").read_text())["sources"])


def test_a_test_event_goes_over_tls(tmp_path: Path) -> None:
    """With a certificate of one's own: trusted as ingest's very file on this machine, or by its authority; else refused."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("ingest")
    files = {"RECIBO_INGEST_TLS_CERT_FILE": str(certificate), "RECIBO_INGEST_TLS_KEY_FILE": str(key)}
    with running_home(tmp_path, **files) as home:
        home.run(
            "recibo source add tls --provider waha --secret-stdin", given="a-secret-of-at-least-thirty-two-bytes\n"
        )
        port = home.stack.addresses.ingest.rpartition(":")[2]
        eventually(
            lambda: "The whole line works" in home.run("recibo source test tls || true", environ=files),
            "the test over TLS",
        )
        reached = f"recibo source test tls --ingest https://127.0.0.1:{port}"
        assert "The whole line works" in home.run(f"{reached} --ca-file {authority.ca_file}")
        assert "certificate verify failed" in home.run(reached, fails=True)
        assert password_file_for(home.stack.addresses.clickhouse, home.folder / "data") is not None
