// The search page works without this file. It adds: an answer that grows while it is counted, a range dragged on the
// histogram, completion in the query, and keys to go through the messages.
"use strict";

const POLL_MILLISECONDS = 400;
const COMPLETE_MILLISECONDS = 150;
const KEYS_STORED = "sysledger.keys";

// ---- An answer that grows ----

const PARTS = ["part-head", "part-chart", "part-facets", "part-scope"];

function growAnswer() {
  const section = document.getElementById("answer-section");
  if (section === null || !section.dataset.growing) return;
  section.classList.add("with-script");
  let failures = 0;

  async function ask() {
    const address = new URL(section.dataset.growing, window.location.href);
    const withRows = "rows" in section.dataset;
    if (withRows) address.searchParams.set("rows", "1");
    try {
      const response = await fetch(address, { credentials: "same-origin" });
      if (!response.ok) throw new Error(String(response.status));
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      failures = 0;
      show(fresh, withRows);
    } catch {
      failures += 1;
      if (failures < 5) window.setTimeout(ask, POLL_MILLISECONDS * 2 ** failures);
      else section.classList.remove("with-script"); // the link to reload the page shows again
    }
  }

  function show(fresh, withRows) {
    const found = fresh.getElementById("answer-section");
    if (found === null) return;
    for (const id of withRows ? [...PARTS, "part-rows"] : PARTS) replace(id, fresh);
    const body = fresh.querySelector(".answer-body");
    if (body !== null) section.querySelector(".answer-body").className = body.className;
    if (withRows) addOpenAll();
    dragOnChart();
    if (found.dataset.growing) {
      if (!("rows" in found.dataset)) delete section.dataset.rows;
      window.setTimeout(ask, POLL_MILLISECONDS);
    } else {
      delete section.dataset.growing;
      document.getElementById("answer-status").textContent = document.getElementById("answer").textContent;
    }
  }

  window.setTimeout(ask, POLL_MILLISECONDS);
}

// Puts the fresh part in place of the old one, unless the reader is at work in it.
function replace(id, fresh) {
  const [old, part] = [document.getElementById(id), fresh.getElementById(id)];
  if (old === null || part === null) return;
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const opened = [...old.querySelectorAll("details")].map((details) => details.open);
  const imported = document.importNode(part, true);
  [...imported.querySelectorAll("details")].forEach((details, number) => {
    if (number < opened.length) details.open = opened[number];
  });
  old.replaceWith(imported);
  sayLocalTimes(imported);
  if (focused !== null) refocus(imported, focused);
}

function refocus(imported, focused) {
  const same = [...imported.querySelectorAll(focused.tagName)].find(
    (element) => element.textContent === focused.textContent,
  );
  if (same !== undefined) same.focus({ preventScroll: true });
}

// ---- A range dragged on the histogram ----

function dragOnChart() {
  const plot = document.querySelector(".chart-plot[data-narrow]");
  if (plot === null || plot.dataset.draggable) return;
  plot.dataset.draggable = "yes";
  const bars = [...plot.querySelectorAll("a[data-from]")];
  const chosen = plot.querySelector(".chart-chosen");
  let first = null;
  let last = null;

  function barAt(event) {
    const box = plot.getBoundingClientRect();
    const place = Math.floor(((event.clientX - box.left) / box.width) * bars.length);
    return Math.min(Math.max(place, 0), bars.length - 1);
  }

  function draw() {
    const low = Math.min(first, last);
    chosen.setAttribute("x", String(low * 10));
    chosen.setAttribute("width", String((Math.abs(last - first) + 1) * 10));
  }

  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return; // a finger scrolls the page
    first = last = barAt(event);
  });
  plot.addEventListener("pointermove", (event) => {
    if (first === null) return;
    last = barAt(event);
    if (last !== first) plot.setPointerCapture(event.pointerId);
    draw();
  });
  plot.addEventListener("pointerup", () => {
    if (first === null) return;
    const [low, high] = [Math.min(first, last), Math.max(first, last)];
    first = null;
    if (low === high) {
      chosen.setAttribute("width", "0");
      return; // a click: the bar's own link leads there
    }
    const address = new URL(plot.dataset.narrow, window.location.href);
    address.searchParams.set("from", bars[low].dataset.from);
    address.searchParams.set("to", bars[high].dataset.to);
    window.location.assign(address);
  });
  plot.addEventListener("pointercancel", () => {
    first = null;
    chosen.setAttribute("width", "0");
  });
}

// ---- Completion in the query ----

function completeQuery() {
  const query = document.querySelector("input[data-complete]");
  if (query === null) return;
  query.removeAttribute("list");
  const list = document.createElement("ul");
  list.id = "completions";
  list.className = "completions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Completions");
  list.hidden = true;
  query.after(list);
  query.setAttribute("role", "combobox");
  query.setAttribute("aria-autocomplete", "list");
  query.setAttribute("aria-controls", list.id);
  query.setAttribute("aria-expanded", "false");
  let offered = { start: 0, end: 0, options: [] };
  let at = -1;
  let timer = 0;
  let asked = 0;

  function close() {
    asked += 1; // an answer on its way comes too late
    window.clearTimeout(timer);
    list.hidden = true;
    at = -1;
    query.setAttribute("aria-expanded", "false");
    query.removeAttribute("aria-activedescendant");
  }

  function mark(number) {
    at = number;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
    if (at < 0) query.removeAttribute("aria-activedescendant");
    else {
      query.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    }
  }

  function take(option) {
    const isName = option.text.endsWith(":");
    const after = query.value.slice(offered.end);
    const text = isName || after.startsWith(" ") ? option.text : `${option.text} `;
    query.setRangeText(text, offered.start, offered.end, "end");
    close();
    query.focus();
    if (isName) soon(); // its values come next
  }

  function show(found) {
    offered = found;
    list.replaceChildren(
      ...found.options.map((option, number) => {
        const item = document.createElement("li");
        item.id = `completion-${number}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        const text = document.createElement("bdi");
        text.textContent = option.shown;
        const note = document.createElement("span");
        note.className = "note";
        note.textContent = option.note;
        item.append(text, note);
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault(); // the query keeps the focus
          take(option);
        });
        return item;
      }),
    );
    at = -1;
    list.hidden = found.options.length === 0;
    query.setAttribute("aria-expanded", String(!list.hidden));
  }

  async function ask() {
    asked += 1;
    const mine = asked;
    const address = new URL(query.dataset.complete, window.location.href);
    address.searchParams.set("q", query.value);
    address.searchParams.set("at", String(query.selectionStart ?? query.value.length));
    const stream = document.getElementById("stream");
    if (stream !== null && stream.value) address.searchParams.set("stream", stream.value);
    try {
      const response = await fetch(address, { credentials: "same-origin" });
      if (response.ok && mine === asked && document.activeElement === query) show(await response.json());
    } catch {
      // without an answer there is nothing to offer
    }
  }

  function soon() {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, COMPLETE_MILLISECONDS);
  }

  query.addEventListener("input", soon);
  query.addEventListener("blur", close);
  query.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const number = list.children.length;
      if (list.hidden) soon();
      else if (event.key === "ArrowDown") mark(at + 1 < number ? at + 1 : 0);
      else mark(at > 0 ? at - 1 : number - 1);
    } else if ((event.key === "Enter" || event.key === "Tab") && !list.hidden && at >= 0) {
      event.preventDefault();
      take(offered.options[at]);
    } else if (event.key === "Enter") close();
  });
}

// ---- Keys to go through the messages ----

function keysAreOn() {
  try {
    return window.localStorage.getItem(KEYS_STORED) !== "off";
  } catch {
    return true;
  }
}

function offerToTurnKeysOff() {
  const place = document.querySelector("[data-keys]");
  if (place === null) return;
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = keysAreOn();
  box.addEventListener("change", () => {
    try {
      window.localStorage.setItem(KEYS_STORED, box.checked ? "on" : "off");
    } catch {
      box.checked = true; // the browser keeps nothing
    }
  });
  label.append(box, " use these keys");
  place.append(label);
}

function goThroughMessages() {
  function rows() {
    return [...document.querySelectorAll(".messages tr.row")];
  }

  function go(step) {
    const all = rows();
    if (all.length === 0) return;
    const now = all.findIndex((row) => row.contains(document.activeElement));
    const next = now < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + step, 0), all.length - 1);
    const target = all[next].querySelector("summary") ?? all[next].querySelector("a");
    target.focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "nearest" });
  }

  function follow(selector) {
    const link = document.querySelector(selector);
    if (link !== null) link.click();
  }

  const actions = {
    j: () => go(1),
    k: () => go(-1),
    o: () => {
      const row = rows().find((one) => one.contains(document.activeElement));
      if (row !== undefined) row.querySelector("a.clock").click();
    },
    n: () => follow(".pager a[rel=next]"),
    p: () => follow(".pager a[rel=prev]"),
    "?": () => {
      const help = document.querySelector("details.help");
      if (help === null) return;
      help.open = !help.open;
      help.querySelector("summary").focus();
    },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !keysAreOn()) return;
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

// ---- Small things ----

// An address says only what was asked: fields left empty stay out of it.
function leaveOutEmptyFields() {
  for (const form of document.querySelectorAll("form.ask")) {
    form.addEventListener("formdata", (event) => {
      for (const name of new Set(event.formData.keys())) {
        if (event.formData.getAll(name).every((value) => value === "")) event.formData.delete(name);
      }
      if (event.formData.get("time") === "received") event.formData.delete("time");
    });
  }
}

// On a narrow screen the messages come first; what narrows them down is a click away.
function foldFacets() {
  const facets = document.querySelector("details.facets");
  if (facets !== null && window.matchMedia("(max-width: 62rem)").matches) facets.open = false;
}

growAnswer();
leaveOutEmptyFields();
foldFacets();
dragOnChart();
completeQuery();
offerToTurnKeysOff();
goThroughMessages();
