"""The demo's sources: three accounts, two URLs for one of them, a selection, and a mapping of its own."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

PROVIDER: Final = "wpp_marketing"

RECIBO_TOML: Final = """\
# The sources of `recibo demo`.
[sources.loja]
provider = "wpp_marketing"
account = "acme"
[sources.loja.auth]
kind = "hmac"
header = "X-Recibo-Signature"
prefix = "sha256="
[[sources.loja.auth.secrets]]
env = "RECIBO_SECRET_LOJA"

[sources.espelho]
provider = "wpp_marketing"
account = "acme"
[sources.espelho.auth]
kind = "bearer"
[[sources.espelho.auth.secrets]]
env = "RECIBO_SECRET_ESPELHO"

[sources.seletivo]
provider = "wpp_marketing"
selected = ["delivered", "read"]
[sources.seletivo.auth]
kind = "path"
[[sources.seletivo.auth.secrets]]
env = "RECIBO_SECRET_SELETIVO"

[sources.renomeado]
provider = "wpp_marketing"
[sources.renomeado.auth]
kind = "basic"
user = "demo"
[[sources.renomeado.auth.secrets]]
env = "RECIBO_SECRET_RENOMEADO"
[sources.renomeado.mapping.paths]
message_id = ["envio.codigo", "envio.rastreio"]
tracking_id = ["envio.rastreio"]
status = ["envio.situacao"]
[sources.renomeado.mapping.words]
delivered = ["chegou"]
disconnected = ["caiu"]
"""

SECRETS: Final = {
    "RECIBO_SECRET_LOJA": "segredo-da-loja",
    "RECIBO_SECRET_ESPELHO": "segredo-do-espelho",
    "RECIBO_SECRET_SELETIVO": "segredo-do-seletivo",
    "RECIBO_SECRET_RENOMEADO": "segredo-do-renomeado",
}

Proof = Literal["hmac", "bearer", "path", "basic", "none"]


@dataclass(frozen=True, slots=True)
class DemoSource:
    """A registered source as the demo needs it: what it may say, and how it proves that it is the provider."""

    name: str
    account: str
    proof: Proof
    secret: str = ""
    header: str = "Authorization"
    """Header of the proof."""
    prefix: str = ""
    """What stands before a signature or token; for `basic`, the user."""
    selected: tuple[str, ...] | None = None
    renamed: bool = False
    """Whether it has the demo's own mapping (`[sources.renomeado.mapping]`)."""

    def path(self) -> str:
        """Return the URL path to post to."""
        tail = f"/{self.secret}" if self.proof == "path" else ""
        return f"/v1/webhooks/{self.name}{tail}"

    def proof_headers(self, body: bytes) -> Mapping[str, str]:
        """Return the headers that prove a body to be the provider's."""
        if self.proof == "hmac":
            digest = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
            return {self.header: self.prefix + digest}
        if self.proof == "bearer":
            return {self.header: self.prefix + self.secret}
        if self.proof == "basic":
            return {"Authorization": "Basic " + base64.b64encode(f"{self.prefix}:{self.secret}".encode()).decode()}
        return {}


OWN_SOURCES: Final = (
    DemoSource("loja", "acme", "hmac", SECRETS["RECIBO_SECRET_LOJA"], "X-Recibo-Signature", "sha256="),
    DemoSource("espelho", "acme", "bearer", SECRETS["RECIBO_SECRET_ESPELHO"], prefix="Bearer "),
    DemoSource("seletivo", "seletivo", "path", SECRETS["RECIBO_SECRET_SELETIVO"], selected=("delivered", "read")),
    DemoSource("renomeado", "renomeado", "basic", SECRETS["RECIBO_SECRET_RENOMEADO"], prefix="demo", renamed=True),
)
"""The sources of `RECIBO_TOML`."""
