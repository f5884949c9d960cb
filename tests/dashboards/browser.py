"""A real Chromium, headless, spoken to by its DevTools protocol: pages, sizes, themes, clicks, pictures.

Debian's Chromium and the `websockets` that Dagster's web server brings are all it takes: no driver to match, and the
protocol tells of every request and console message by itself, which drivers add only on top of it.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
PATIENCE = 90.0
TALLEST = 16_000  # pixels; beyond, Chromium draws nothing


def chromium() -> str | None:
    """Where Chromium is, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Tab:
    """One open page, and what it asked for and complained of since it was opened."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.numbers = itertools.count(1)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its answer."""
        number = next(self.numbers)
        self.connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.connection.recv(timeout=PATIENCE))
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self._note(message)

    def open(
        self, address: str, width: int = 1280, height: int = 900, theme: str = "light", draws: bool = True
    ) -> None:
        """Load a page at a size and in a theme, and wait until its charts are drawn, unless nobody looks at them."""
        self.requests.clear()
        self.complaints.clear()
        self._look(width, height, theme)
        self.send("Page.navigate", url=address)
        self.wait_until("location.href !== 'about:blank' && document.readyState === 'complete'")
        if draws:
            self._wait_until_drawn()

    def change(self, width: int, height: int, theme: str) -> None:
        """Show the open page at another size and in another theme, without loading it again."""
        self._look(width, height, theme)
        self.run("new Promise(then => requestAnimationFrame(() => requestAnimationFrame(then)))")
        self._wait_until_drawn()

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_until(self, condition: str) -> None:
        """Wait for a condition in the page."""
        end = time.monotonic() + PATIENCE
        while not self.run(condition):
            if time.monotonic() > end:
                raise TimeoutError(f"{condition} did not become true; complaints: {self.complaints}")
            time.sleep(0.05)

    def picture(self, file: Path) -> None:
        """The whole page as a PNG file."""
        file.parent.mkdir(parents=True, exist_ok=True)
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        self._resize(int(size["width"]), min(int(size["height"]), TALLEST))
        answer = self.send("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(answer["data"]))

    def _wait_until_drawn(self) -> None:
        self.wait_until("document.documentElement.dataset.ready === 'true' || !document.getElementById('theme')")

    def _look(self, width: int, height: int, theme: str) -> None:
        self._resize(width, height)
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])

    def _resize(self, width: int, height: int) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def _note(self, message: dict[str, Any]) -> None:
        given = message.get("params", {})
        match message["method"]:
            case "Network.requestWillBeSent":
                self.requests.append(given["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(given["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if given["type"] in ("error", "warning", "assert"):
                self.complaints.append(" ".join(str(one.get("value", one)) for one in given["args"]))
            case "Log.entryAdded" if given["entry"]["level"] in ("error", "warning"):
                self.complaints.append(given["entry"]["text"])


@contextmanager
def browser() -> Iterator[Tab]:
    """A tab of a Chromium of its own, which ends with the block."""
    program = chromium()
    assert program, "Chromium is not installed"
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        environment = {**os.environ, "HOME": profile}
        command = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        with (Path(profile) / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
            try:
                with connect(_address(Path(profile)), max_size=None, proxy=None) as connection:
                    yield Tab(connection)
            finally:
                os.killpg(process.pid, 15)
                process.wait(timeout=PATIENCE)


def _address(profile: Path) -> str:
    """The address of the first tab, once Chromium has written its port."""
    end = time.monotonic() + PATIENCE
    file = profile / "DevToolsActivePort"
    while not file.exists() or not file.read_text().strip():
        if time.monotonic() > end:
            raise TimeoutError(f"Chromium did not start: {(profile / 'log').read_text()}")
        time.sleep(0.05)
    port = file.read_text().splitlines()[0]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    tabs = json.load(opener.open(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE))
    return next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
