"""A real browser, driven by its command line alone: what it shows, and what axe says of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

BROWSER = Path(__file__).parent / "browser"
"""What npm installs for these tests, as package-lock.json pins it."""

AXE = BROWSER / "node_modules" / "axe-core" / "axe.min.js"
NO_BROWSER = "no headless Chromium"

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage")
PATIENCE = "--virtual-time-budget=30000"
"""Milliseconds of the page's own clock: it does not wait for those of the wall."""

RUN = """<script>%s</script><script>
axe.run({resultTypes: ["violations"]}).then(found => {
  const told = document.createElement("pre");
  told.id = "axe";
  told.textContent = JSON.stringify(found.violations.map(v => [v.id, v.help, v.nodes.map(n => n.html)]));
  document.body.replaceChildren(told);
});
</script>"""


def why_not() -> str | None:
    """Why no page can be looked at here; None where it can. Brings axe-core, if npm can."""
    if _chromium() is None:
        return f"{NO_BROWSER}: apt install chromium"
    if not AXE.exists() and shutil.which("npm"):
        subprocess.run(["npm", "ci", "--silent"], cwd=BROWSER, timeout=100, check=False, capture_output=True)
    return None if AXE.exists() else f"{NO_BROWSER} with axe-core: npm ci in tests/browser"


def violations(html: str, folder: Path) -> list[Any]:
    """What axe finds wrong with a page, each with the elements that it is about."""
    # The policy of the page lets nothing run; axe has to.
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    page = folder / "axe.html"
    page.write_text(html.replace("</body>", f"{RUN % AXE.read_text('utf-8')}</body>"), "utf-8")
    shown = _run(folder, PATIENCE, "--dump-dom", page.as_uri())
    told = re.search(r'<pre id="axe">(.*?)</pre>', shown, re.DOTALL)
    assert told, "axe did not finish"
    found: list[Any] = json.loads(unescape(told[1]))
    return found


def picture(html: str, folder: Path, width: int, height: int) -> bytes:
    """The page as it is seen, from its top."""
    page, image = folder / "page.html", folder / "page.png"
    page.write_text(html, "utf-8")
    _run(folder, f"--window-size={width},{height}", f"--screenshot={image}", page.as_uri())
    return image.read_bytes()


def _run(folder: Path, *arguments: str) -> str:
    browser = _chromium()
    assert browser is not None
    command = [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=True).stdout


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)
