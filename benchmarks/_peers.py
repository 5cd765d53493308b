"""Peers to be measured beside Mirqab: each in a virtual environment of its own, made here, never a dependency."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

PINS = {
    "news-please": ("news-please==1.6.16", "newspaper4k==0.9.6", "nltk==3.10.4", "lxml==6.1.3", "orjson==3.13.0"),
    "newspaper4k": ("newspaper4k==0.9.6", "nltk==3.10.4", "lxml==6.1.3", "orjson==3.13.0"),
}
"""What each environment is made of; news-please brings about 80 packages. Arabic needs nltk in newspaper4k."""
RUNNER = Path(__file__).with_name("_peer_runner.py")


class Peer:
    """One peer at work in its own process, asked page by page; a context, which ends the process."""

    def __init__(self, name: str) -> None:
        self.name = name
        environment = set_up(name)
        kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
        self._process = subprocess.Popen(
            [environment / "bin" / "python", "-P", RUNNER, name],  # our own modules are none of its
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=kept,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *problem: object) -> None:
        self._process.communicate()  # with nothing more to read it ends

    def take(self, file: Path, url: str) -> tuple[str, float]:
        """Return the body that the peer takes out of a page, and the CPU seconds it used."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"file": str(file), "url": url}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with {process.wait()}")
        answer = json.loads(line)
        return answer["body"], answer["cpu_s"]


def set_up(name: str) -> Path:
    """Return a peer's environment, made anew when its pins or the interpreter changed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mirqab" / "benchmarks"
    key = hashlib.blake2b("\n".join((sys.version, *PINS[name])).encode(), digest_size=6).hexdigest()
    folder = cache / f"{name}-{key}"
    if (folder / "ready").exists():
        return folder
    print(f"setting {name} up in {folder} …", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if subprocess.run([*pip, *PINS[name]], check=False).returncode:
        raise SystemExit(f"{name} could not be installed; without --peers the benchmark runs alone")
    (folder / "ready").touch()
    return folder
