"""The pages behind a real server, and a real browser before them."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event as ThreadEvent
from threading import Thread
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, ViewportSize

from storage.layout import Layout
from web.appliance import Appliance
from web.run import run
from web.settings import WebSettings

SERIOUS: Final = {"serious", "critical"}
WIDE: Final[ViewportSize] = {"width": 1440, "height": 900}
PHONE: Final[ViewportSize] = {"width": 360, "height": 740}
ENLARGED: Final[ViewportSize] = {"width": 320, "height": 640}  # 1,280 pixels at 400 % (WCAG 1.4.10)
# What must never stand in a page's text: what acts on a terminal, or turns and hides the text around it.
UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_AXE: Final = Axe()
_RULES: Final = {"resultTypes": ["violations"]}
_CONTRAST: Final = {**_RULES, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
_TARGETS: Final = {
    **_RULES,
    "runOnly": {"type": "rule", "values": ["target-size"]},
    "rules": {"target-size": {"enabled": True}},
}


@contextmanager
def serving(layout: Layout, appliance: Appliance | None = None, **settings: Any) -> Iterator[str]:
    """Serve the pages over ``layout`` with the real server, and give its address.

    Nobody signs in, unless ``settings`` say so.
    """
    usual = {"port": 0, "page_messages": 10, "count_seconds": 60, "sign_in": "off"}
    wanted = WebSettings.model_validate({**usual, **settings})
    reports: list[Mapping[str, Any]] = []
    bound = ThreadEvent()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    served = run(
        wanted, layout=layout, report=reports.append, ready=bound.set, stop=stop, appliance=appliance
    )
    # A loop in a thread of its own: playwright has one in this thread.
    thread = Thread(target=loop.run_until_complete, args=(served,))
    thread.start()
    try:
        assert bound.wait(30), "the server does not start; its error stands above"
        yield reports[0]["url"].rstrip("/")
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        assert not thread.is_alive()
        loop.close()


@dataclass
class Tab:
    """One tab of a browser, and what it complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str) -> Response:
        """Load an address, and give the answer."""
        answer = self.page.goto(address, wait_until="load")
        assert answer is not None, address
        return answer

    def text(self) -> str:
        """Give what a reader sees, closed parts included."""
        return self.page.evaluate("document.body.textContent")  # type: ignore[no-any-return]


@contextmanager
def tab(browser: Browser, **options: Any) -> Iterator[Tab]:
    """Open a tab of its own, without anybody's cookies."""
    context = browser.new_context(**{"viewport": WIDE, "ignore_https_errors": True, **options})
    try:
        opened = Tab(context.new_page())
        opened.page.set_default_timeout(20_000)
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("dialog", lambda dialog: opened.complaints.append(f"dialog {dialog.message}"))
        opened.page.on(
            "console",
            lambda said: opened.complaints.append(said.text) if said.type in {"error", "warning"} else None,
        )
        yield opened
    finally:
        context.close()


def accessibility(page: Page, *, contrast_only: bool = False) -> list[str]:
    """Give axe-core's serious and critical findings on a page as it stands, a line each."""
    found = _AXE.run(page, options=_CONTRAST if contrast_only else _RULES).response["violations"]
    return [_line(one) for one in found if one["impact"] in SERIOUS]


def small_targets(page: Page) -> list[str]:
    """Give what a finger can hardly hit: under 24 pixels, with others beside it (WCAG 2.2, 2.5.8)."""
    return [_line(one) for one in _AXE.run(page, options=_TARGETS).response["violations"]]


def _line(violation: Mapping[str, Any]) -> str:
    places = json.dumps([node["html"][:200] for node in violation["nodes"]][:5])
    return f"{violation['id']} ({violation['impact']}): {violation['help']}: {places}"


def overflow(page: Page) -> list[str]:
    """Give what sticks out of a page at the right, so that all of it has to be scrolled sideways."""
    return page.evaluate(  # type: ignore[no-any-return]
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          return [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > width + 1)
            .map((one) => one.outerHTML.slice(0, 120)).slice(0, 5);
        }"""
    )


def focused(page: Page) -> dict[str, Any]:
    """Say what has the keyboard's focus, and whether one sees that."""
    return page.evaluate(  # type: ignore[no-any-return]
        """() => {
          const one = document.activeElement;
          const style = getComputedStyle(one);
          const box = one.getBoundingClientRect();
          return {
            tag: one.tagName, text: (one.textContent || one.value || "").trim().slice(0, 60),
            html: one.outerHTML.slice(0, 160), class: one.getAttribute("class") || "",
            ring: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
              || style.boxShadow !== "none",
            shown: box.width > 0 && box.height > 0 && style.visibility !== "hidden",
            place: [...document.querySelectorAll("*")].indexOf(one),
          };
        }"""
    )
