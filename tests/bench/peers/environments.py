"""What the peers need and this project does not: Kafka Streams compiled against its jars, Quix Streams in its own
environment. Made once in the checkout's cache, named by what they are made of.
"""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PEERS = Path(__file__).parent
_STREAMS = PEERS / "kafka_streams"
_REQUIREMENTS = PEERS / "quix-requirements.txt"


def kafka_streams_classpath(cache: Path) -> str:
    """Return the classpath of the compiled Kafka Streams peer.

    Raises:
        subprocess.CalledProcessError: Maven could not fetch the jars, or javac could not compile.
    """
    jars = _made_once(cache, "kafka-streams-jars", [_STREAMS / "pom.xml"], _fetch_jars)
    sources = sorted(_STREAMS.glob("*.java"))
    classes = _made_once(cache, "kafka-streams", [_STREAMS / "pom.xml", *sources], lambda f: _compile(sources, jars, f))
    return f"{classes}:{jars}/*"


def quix_python(cache: Path) -> Path:
    """Return the interpreter of an environment that has Quix Streams.

    Raises:
        subprocess.CalledProcessError: pip could not install it.
    """
    return _made_once(cache, "quix", [_REQUIREMENTS], _install_quix) / "bin" / "python"


def _made_once(cache: Path, name: str, made_of: list[Path], make: Callable[[Path], None]) -> Path:
    """Return the folder that `make` fills, named by the content of `made_of`; a half-made one is made again."""
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in made_of)).hexdigest()[:12]
    folder = cache / f"{name}-{digest}"
    done = folder / "made"
    if not done.exists():
        print(f"preparing {folder.name} …", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        make(folder)
        done.touch()
    return folder


def _fetch_jars(folder: Path) -> None:
    options = ["-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
    _run("mvn", "--batch-mode", "--quiet", "--file", _STREAMS / "pom.xml", "dependency:copy-dependencies", *options)


def _compile(sources: list[Path], jars: Path, folder: Path) -> None:
    _run("javac", "-cp", f"{jars}/*", "-d", folder, *sources)


def _install_quix(folder: Path) -> None:
    """Install into `folder` itself: an environment's scripts carry its path, so it cannot be moved afterwards."""
    _run(sys.executable, "-m", "venv", "--clear", folder)
    _run(folder / "bin" / "pip", "install", "--quiet", "--requirement", _REQUIREMENTS)


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True)
