// The editor: line numbers, marks under what is wrong, and a check after a pause in typing. The page works without it.
import { replace } from "./live.js";

const PAUSE = 500; // milliseconds without a key, then it is checked and kept
const form = document.getElementById("editor");
const text = document.getElementById("text");
const paper = document.getElementById("paper");
const [gutter, marks] = paper.querySelectorAll("pre");
const state = document.getElementById("keeping"); // what has become of the last keys; spoken when it is bad
const putBack = document.getElementById("put-back");
const SAYS = state.textContent;
const WINDOW = [...crypto.getRandomValues(new Uint8Array(8))].map((n) => n.toString(16).padStart(2, "0")).join("");
const SPARE = `draft ${location.pathname}`; // in this tab's own store, for as long as the server has not kept it
let timer = 0;
let asked = 0;
let unsaved = false;
let running = false;
let again = false;

function faults() {
  const found = new Map();
  for (const one of document.querySelectorAll("#faults li.error")) {
    const line = Number(one.dataset.line);
    if (!found.has(line)) found.set(line, []);
    found.get(line).push([Number(one.dataset.start), Number(one.dataset.end)]);
  }
  return found;
}

// `known` is false while the text has changed since the faults were found: then they may stand elsewhere.
function draw(known) {
  const wrong = known ? faults() : new Map();
  const lines = text.value.split("\n");
  gutter.replaceChildren(...lines.flatMap((_, at) => {
    const number = document.createElement(wrong.has(at + 1) ? "b" : "span");
    number.textContent = wrong.has(at + 1) ? `◆ ${at + 1}` : at + 1;
    return [number, "\n"];
  }));
  marks.replaceChildren(...lines.flatMap((line, at) => {
    const places = wrong.get(at + 1);
    if (!places) return ["\n"];
    const row = document.createElement("span");
    row.className = "line";
    let seen = 0;
    for (const [start, end] of places.sort((a, b) => a[0] - b[0])) {
      if (start < seen) continue;
      const word = document.createElement("mark");
      word.textContent = line.slice(start, end) || " ";
      row.append(line.slice(seen, start), word);
      seen = end;
    }
    row.append(line.slice(seen) || " ");
    return [row, "\n"];
  }));
  follow();
}

function follow() {
  gutter.style.transform = `translateY(${-text.scrollTop}px)`;
  marks.style.transform = `translate(${-text.scrollLeft}px, ${-text.scrollTop}px)`;
}

function say(words) {
  const kept = document.getElementById("kept");
  if (kept) kept.textContent = words;
}

// Told once for each trouble, and not with every key.
function trouble(words) {
  say(words ? "NOT kept" : "not kept yet");
  const whole = words ? `NOT kept: ${words} What you typed stays in this tab, also if it is loaded again.` : SAYS;
  if (state.textContent === whole) return;
  state.textContent = whole;
  state.classList.toggle("bad", Boolean(words));
  const verdict = document.getElementById("verdict");
  if (words) verdict.textContent = "Not kept, not checked";
  const foot = document.querySelector("#foot .state");
  if (words && foot) foot.textContent = "What you typed is not kept.";
}

function clock(wall = new Date()) { return wall.toTimeString().slice(0, 8); }

// A store that is full or forbidden costs the spare copy and nothing else.
function spare(value) {
  try {
    if (value === null) sessionStorage.removeItem(SPARE);
    else sessionStorage.setItem(SPARE, JSON.stringify({ value, at: clock() }));
  } catch { /* the text still stands in the field */ }
}

function spared() {
  try { return JSON.parse(sessionStorage.getItem(SPARE)); } catch { return null; }
}

// As if it were typed, so that the browser can take it back (Ctrl-Z).
function put(value, start = 0, end = text.value.length) {
  text.focus();
  text.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, value)) text.setRangeText(value);
}

async function check() {
  if (running) { again = true; return; }
  running = true;
  const mine = ++asked;
  const value = text.value;
  const kept = document.getElementById("kept"); // names the text that this page has last seen kept
  try {
    const answer = await fetch(form.dataset.check, {
      method: "POST", headers: { Accept: "text/html" }, redirect: "error", body: new URLSearchParams({ text: value, seen: kept.dataset.seen, window: WINDOW }),
    });
    const said = await answer.text();
    if (!answer.ok) {
      trouble(answer.headers.get("Content-Type")?.startsWith("text/plain") ? said : "you may be signed out. Sign in again in another tab, then press Check.");
    } else if (mine === asked) {
      trouble("");
      replace(said);
      if (text.value === value) { unsaved = false; spare(null); draw(true); }
    }
  } catch {
    trouble("no connection. It is tried again by itself.");
    timer = setTimeout(check, 3000);
  }
  running = false;
  if (again) { again = false; check(); }
}

function later() {
  unsaved = true;
  spare(text.value);
  if (!state.classList.contains("bad")) say("not kept yet");
  draw(false);
  clearTimeout(timer);
  timer = setTimeout(check, PAUSE);
}

// A mend goes through the field itself, so that the browser can take it back (Ctrl-Z).
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=mend]");
  if (!button || unsaved) return;
  const found = /^(\d+):(\d+):(\d+):([^]*)$/.exec(button.value);
  if (!found) return;
  event.preventDefault();
  const before = text.value.split("\n").slice(0, found[1] - 1).reduce((sum, line) => sum + line.length + 1, 0);
  put(found[4], before + Number(found[2]), before + Number(found[3]));
  clearTimeout(timer);
  check();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-go]");
  if (!link) return;
  event.preventDefault();
  const line = Number(link.dataset.go);
  const before = text.value.split("\n").slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  text.focus();
  text.setSelectionRange(before, before);
  text.scrollTop = (line - 4) * parseFloat(getComputedStyle(text).lineHeight);
});

addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
form.addEventListener("submit", () => {
  unsaved = false;
  form.elements.seen.value = document.getElementById("kept").dataset.seen;
  form.elements.window.value = WINDOW;
});
text.addEventListener("input", later);
text.addEventListener("scroll", follow);
paper.classList.add("numbered");
document.getElementById("check").addEventListener("click", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  check();
});
const lost = spared();
if (lost && lost.value !== text.value) {
  putBack.hidden = false;
  putBack.textContent = `Put back what was typed at ${lost.at} and not kept`;
  putBack.addEventListener("click", () => { putBack.hidden = true; put(lost.value); });
} else {
  spare(null);
}
draw(true);
