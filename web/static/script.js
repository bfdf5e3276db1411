// Everything works without this file. It only adds: "/" goes to the query, one button opens all messages of a page,
// and times say in their tooltip what the reader's own clock showed.
"use strict";

function isTyping(target) {
  return target instanceof HTMLElement && target.closest("input, select, textarea, [contenteditable]") !== null;
}

function focusQueryOnSlash() {
  const query = document.querySelector("input[name=q]");
  if (query === null) return;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    query.focus();
    query.select();
  });
}

function addOpenAll() {
  const place = document.querySelector("[data-open-all]");
  if (place === null || document.querySelector(".messages details") === null) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = "Open all";
  button.addEventListener("click", () => {
    const open = button.textContent === "Open all";
    for (const details of document.querySelectorAll(".messages details")) details.open = open;
    button.textContent = open ? "Close all" : "Open all";
  });
  place.append(button);
}

function sayLocalTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime.replace(/(\.\d{3})\d+Z$/, "$1Z"));
    if (Number.isNaN(at.getTime())) continue;
    const local = at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
    time.title = [time.title, `On your clock: ${local}`].filter(Boolean).join("\n");
  }
}

focusQueryOnSlash();
addOpenAll();
sayLocalTimes(document);
