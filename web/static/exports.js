// The list of exports keeps itself up to date while one is under way. Without this file its link reloads it.
"use strict";

{
  const LOOK_MILLISECONDS = 1000;
  const LOOKS_AFTER_SUBMIT = 10; // an export that has begun is in the list soon

  let looksLeft = 0;
  let timer = 0;

  async function renewList() {
    timer = 0;
    const list = document.querySelector("[data-exports]");
    if (list === null) return;
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-exports]");
      if (response.ok && fresh !== null && !list.contains(document.activeElement)) list.replaceWith(fresh);
    } catch {
      looksLeft = Math.max(0, looksLeft - 1); // the appliance may be busy, or gone: look again a few times
    }
    goOn();
  }

  function goOn() {
    const isOn = document.querySelector("[data-exports][data-on]") !== null;
    if (timer !== 0 || (!isOn && looksLeft <= 0)) return;
    looksLeft -= 1;
    timer = setTimeout(renewList, LOOK_MILLISECONDS);
  }

  document.querySelector(".export-form")?.addEventListener("submit", () => {
    looksLeft = LOOKS_AFTER_SUBMIT;
    goOn();
  });
  goOn();
}
