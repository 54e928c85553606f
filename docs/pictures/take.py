"""`make pictures`: takes the pictures of the docs from a running demo, in Debian's Chromium.

One rule: nothing is posed: what a picture shows is what `make demo` shows after half a minute.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SECONDS = 90
UNDER_WAY = 30_000
"""Milliseconds after which most of the story has happened."""
DESKTOP, PHONE = (1280, 860), (390, 844)
DASHBOARD = {
    "campaign": "/dashboard/campaigns/second-try",
    "wizard": "/dashboard/campaigns/second-try/edit/delivery",
    "map": "/dashboard/map",
    "user": "/dashboard/users/person-3",
}


def main() -> None:
    """Run the demo, sign in, and take each picture by day, by night and on a phone."""
    command = [str(Path(sys.executable).with_name("ensue")), "demo", "--seconds", str(SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo, sync_playwright() as playwright:  # noqa: S603
        address, password = _greeting(demo)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        with _page(browser, DESKTOP) as page:
            page.wait_for_timeout(UNDER_WAY)
            page.goto(f"{address}/demo")
            page.screenshot(path=FOLDER / "demo.png", clip={"x": 0, "y": 0, "width": 1280, "height": 560})
            page.goto(f"{address}/demo/shop")
            page.get_by_role("dialog").wait_for()
            page.wait_for_timeout(500)
            page.screenshot(path=FOLDER / "shop.png")
        for suffix, size, scheme in (("", DESKTOP, "light"), ("-dark", DESKTOP, "dark"), ("-phone", PHONE, "light")):
            with _page(browser, size, scheme) as page:
                _sign_in(page, address, password)
                for name, path in DASHBOARD.items():
                    page.goto(address + path)
                    page.screenshot(path=FOLDER / f"{name}{suffix}.png")
        browser.close()
        demo.terminate()


def _greeting(demo: "subprocess.Popen[str]") -> tuple[str, str]:
    """Return the demo's address and the password that it prints."""
    address = password = ""
    for line in demo.stdout or ():
        address = address or "".join(re.findall(r"(http://[\w.:]+)/dashboard", line))
        password = "".join(re.findall(r"password (\S+)", line))
        if password:
            return address, password
    raise SystemExit("the demo ended without a greeting; is its port taken?")


@contextmanager
def _page(browser: Browser, size: tuple[int, int], scheme: str = "light") -> Iterator[Page]:
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]  # two of its words
    yield context.new_page()
    context.close()


def _sign_in(page: Page, address: str, password: str) -> None:
    page.goto(f"{address}/dashboard")
    page.get_by_label("Name").fill("demo")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/dashboard/campaigns")


if __name__ == "__main__":
    main()
