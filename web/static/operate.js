// The operator's pages without this file show figures as they were when the page was loaded. This adds a switch that
// loads them again every few seconds while somebody looks; what is open stays open, and the place is kept. It switches
// itself off where nobody has touched anything for a while, so that a session ends that was left alone.
"use strict";

const EVERY_MILLISECONDS = 5000;
const ALONE_MILLISECONDS = 600000;

let touched = Date.now();

function isOccupied(main) {
  const active = document.activeElement;
  return active !== null && active !== main && main.contains(active);
}

function take(fresh) {
  const main = document.querySelector("main");
  const next = fresh.querySelector("main");
  if (main === null || next === null || isOccupied(main)) return;
  const open = [...main.querySelectorAll("details")].map((one) => one.open);
  const parts = [...next.querySelectorAll("details")];
  if (parts.length === open.length) parts.forEach((one, place) => { one.open = open[place]; });
  const kept = main.querySelector("[data-current]");
  main.replaceChildren(...next.childNodes);
  const place = main.querySelector("[data-current]");
  if (place !== null && kept !== null) place.replaceWith(kept);
}

async function loadAgain() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
  if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
}

function addSwitch() {
  const place = document.querySelector("[data-current]");
  if (place === null) return;
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  label.title = "Loads the figures again every five seconds, until nothing was touched for ten minutes";
  label.append(box, " Keep current");
  place.append(label);
  let timer = 0;
  function switchTo(on) {
    clearInterval(timer);
    box.checked = on;
    if (on) timer = setInterval(step, EVERY_MILLISECONDS);
  }
  function step() {
    if (Date.now() - touched > ALONE_MILLISECONDS) switchTo(false);
    else if (!document.hidden) loadAgain().catch(() => switchTo(false));
  }
  box.addEventListener("change", () => { switchTo(box.checked); box.blur(); });
  for (const kind of ["pointermove", "keydown", "wheel", "touchstart"]) {
    document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
  }
}

addSwitch();
