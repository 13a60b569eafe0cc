// The editor: line numbers, marks under what is wrong, and a check after a pause in typing. The page works without it.
import { replace } from "./live.js";

const PAUSE = 500; // milliseconds without a key, then it is checked and kept
const form = document.getElementById("editor");
const text = document.getElementById("text");
const paper = document.getElementById("paper");
const [gutter, marks] = paper.querySelectorAll("pre");
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

async function check() {
  if (running) { again = true; return; }
  running = true;
  const mine = ++asked;
  const value = text.value;
  try {
    const answer = await fetch(form.dataset.check, {
      method: "POST", headers: { Accept: "text/html" }, redirect: "error", body: new URLSearchParams({ text: value }),
    });
    const said = await answer.text();
    if (!answer.ok) {
      say(answer.headers.get("Content-Type")?.startsWith("text/plain") ? said : "NOT kept: you may be signed out. Copy your text.");
    } else if (mine === asked) {
      replace(said);
      if (text.value === value) { unsaved = false; draw(true); }
    }
  } catch {
    say("NOT kept: no connection. It is tried again.");
    timer = setTimeout(check, 3000);
  }
  running = false;
  if (again) { again = false; check(); }
}

function later() {
  unsaved = true;
  say("not kept yet");
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
  text.focus();
  text.setSelectionRange(before + Number(found[2]), before + Number(found[3]));
  if (!document.execCommand("insertText", false, found[4])) text.setRangeText(found[4]);
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
form.addEventListener("submit", () => { unsaved = false; });
text.addEventListener("input", later);
text.addEventListener("scroll", follow);
paper.classList.add("numbered");
document.getElementById("check").addEventListener("click", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  check();
});
draw(true);
