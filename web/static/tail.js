// Messages that come in are put on top of the list as they come. Without this file the page loads itself again.
"use strict";

const MOST_ROWS = 500; // that stay on the page
const MOST_HELD = 2000; // that wait while it is paused; of more, the oldest go

function followLive() {
  const section = document.querySelector("[data-events]");
  if (section === null) return;
  section.classList.add("with-script");
  const state = document.getElementById("live-state");
  const pause = document.createElement("button");
  pause.type = "button";
  pause.className = "small";
  section.querySelector("[data-live-pause]").append(pause);
  let paused = "paused" in section.dataset;
  let held = [];
  let dropped = 0;
  let connected = false;

  function say() {
    pause.textContent = paused ? "Go on" : "Pause";
    const waiting = held.length + dropped;
    if (paused) state.textContent = `Paused. ${waiting.toLocaleString("en")} new since.`;
    else state.textContent = connected ? "Live: new messages come in on top." : "Connecting …";
  }

  function body() {
    const later = section.querySelector("[data-live-later]");
    if (later !== null && later.hidden) {
      later.hidden = false;
      section.querySelector("[data-live-empty]").remove();
    }
    const table = section.querySelector("table.messages");
    let top = table.querySelector("tbody.live-new");
    if (top === null) {
      top = document.createElement("tbody");
      top.className = "live-new";
      top.setAttribute("role", "rowgroup");
      table.querySelector("thead").after(top);
    }
    return top;
  }

  function put(rows) {
    if (rows.length === 0) return;
    body().prepend(...rows);
    for (const row of rows) sayLocalTimes(row);
    const all = section.querySelectorAll("tr.row");
    for (let number = MOST_ROWS; number < all.length; number += 1) all[number].remove();
  }

  function rowsOf(markup) {
    const holder = document.createElement("template");
    holder.innerHTML = `<table><tbody>${markup}</tbody></table>`;
    return [...holder.content.querySelectorAll("tr.row")];
  }

  pause.addEventListener("click", () => {
    paused = !paused;
    if (!paused) {
      put(held);
      held = [];
      dropped = 0;
    }
    say();
  });

  const events = new EventSource(section.dataset.events);
  events.addEventListener("open", () => {
    connected = true;
    say();
  });
  events.addEventListener("error", () => {
    connected = false;
    say();
    if (events.readyState === EventSource.CLOSED) {
      state.textContent = "The connection was refused. Reload this page.";
    }
  });
  events.addEventListener("message", (event) => {
    const told = JSON.parse(event.data);
    const rows = rowsOf(told.rows);
    dropped += paused ? told.left_out : 0;
    if (!paused) {
      put(rows);
      if (told.left_out > 0) {
        state.textContent = `Live. ${told.left_out.toLocaleString("en")} more came at once and are not listed.`;
      } else say();
      return;
    }
    held = [...rows, ...held];
    if (held.length > MOST_HELD) {
      dropped += held.length - MOST_HELD;
      held = held.slice(0, MOST_HELD);
    }
    say();
  });
  window.addEventListener("pagehide", () => events.close());
  say();
}

followLive();
