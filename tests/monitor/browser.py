"""A page in a real browser: what stands on it, what a person does there, what the console says."""

from __future__ import annotations

import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

PATIENCE_S = 30.0
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def start(chromium: str, chromedriver: str, profile: Path) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(chromedriver))


class Page:
    """One page of the browser, which all tests share."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str) -> Page:
        self.driver.get(url)
        return self

    def live(self, url: str) -> Page:
        """Open a monitor's page and wait until it shows the first sample."""
        self.open(url)
        self.wait_for(lambda: self.text("#status") == "live")
        return self

    def leave(self) -> None:
        """Go to an empty page, as a window that any test may find."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        for command in ("clearDeviceMetricsOverride", "setEmulatedMedia"):
            self.command(f"Emulation.{command}")

    def command(self, name: str, **arguments: object) -> dict:
        return self.driver.execute_cdp_cmd(name, arguments)

    def size(self, width: int, height: int = 800) -> None:
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def prefer(self, **features: str) -> None:
        """Have the page be for somebody who prefers this: prefer(color_scheme="dark")."""
        named = [
            {"name": f"prefers-{name.replace('_', '-')}", "value": value}
            for name, value in features.items()
        ]
        self.command("Emulation.setEmulatedMedia", features=named)

    def run(self, script: str, *arguments: object):
        return self.driver.execute_script(script, *arguments)

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
        return self.run(script, selector)

    def dots(self) -> dict[str, str]:
        """Each dot's state, by the dot's name."""
        script = (
            "return [...document.querySelectorAll('.dot:not(.gone)')]"
            ".map((e) => [e.dataset.name, e.dataset.state])"
        )
        return dict(self.run(script))

    def click(self, selector: str) -> None:
        self.driver.find_element(By.CSS_SELECTOR, selector).click()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.driver.switch_to.active_element.send_keys(getattr(Keys, key.upper(), key))

    def focused(self) -> str:
        """The name of the dot that has the focus, or the ID of what else has it."""
        return self.run(
            "const e = document.activeElement; return e.dataset.name ?? (e.id || e.tagName)"
        )

    def console(self) -> list[str]:
        """What the browser has complained of since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def wait_for(self, condition, seconds: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.run("return document.body.innerText")
            time.sleep(0.02)
