// The board's own attention: the clock, ages, sound, what is announced, and rows that never move under a hand.
import { onEvent, refresh } from "./live.js";

const body = document.body;
const drill = Boolean(body.dataset.drill);
const inside = Boolean(body.dataset.inside);
const skew = Date.parse(body.dataset.now) - Date.now(); // the server's clock counts, not the screen's
const now = () => Date.now() + skew;
const at = (id) => document.getElementById(id);
const two = (n) => String(n).padStart(2, "0");
const rows = (list = at("needs")) => [...list.querySelectorAll(":scope > .row")];
const loud = () => rows().filter((row) => row.matches(".real.filled"));

// ---- time

function span(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function tick() {
  const band = at("band");
  document.title = document.title.replace(/^(\(\d+\) )?/, loud().length ? `(${loud().length}) ` : "");
  if (document.documentElement.classList.contains("is-stale")) return; // nothing is shown as present that is not
  if (!band.dataset.over) {
    const age = Math.max(Math.floor((now() - Date.parse(band.dataset.started)) / 1000), 0);
    const hours = Math.floor(age / 3600);
    at("clock").textContent = `${hours ? `${hours}:` : ""}${two(Math.floor(age / 60) % 60)}:${two(age % 60)}`;
  }
  for (const one of document.querySelectorAll(".age")) {
    one.title ||= one.textContent;
    one.textContent = span(Math.max(Math.floor((now() - Date.parse(one.dataset.at)) / 1000), 0));
  }
}

// ---- sound

let audio = null;
let lastAlarm = 0;

function tones(heights) {
  if (audio?.state !== "running") return;
  heights.forEach((height, n) => {
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    const begins = audio.currentTime + n * 0.22;
    tone.frequency.value = height;
    gain.gain.setValueAtTime(0.0001, begins);
    gain.gain.exponentialRampToValueAtTime(0.4, begins + 0.03);
    gain.gain.exponentialRampToValueAtTime(0.0001, begins + 0.2);
    tone.connect(gain).connect(audio.destination);
    tone.start(begins);
    tone.stop(begins + 0.22);
  });
  body.dataset.sounded = String(Number(body.dataset.sounded || 0) + 1);
}

function alarm() {
  if (inside) return;
  if (drill) {
    if ("speechSynthesis" in window) speechSynthesis.speak(new SpeechSynthesisUtterance("Drill"));
    tones([330, 330]);
  } else tones([523, 659, 784]);
}

const line = at("sound"); // stands on the page from the start, in the form in which it mostly stays
const heard = line?.querySelector("span");
const blockedWords = heard?.textContent;
const turnOn = at("sound-on");
turnOn?.addEventListener("click", async () => { await audio?.resume(); sayWhetherHeard(); });

function sayWhetherHeard() {
  if (!line || inside) return;
  const blocked = audio?.state !== "running";
  if (line.classList.contains("blocked") === blocked) return;
  line.classList.toggle("blocked", blocked);
  heard.textContent = blocked ? blockedWords : "Sound is on";
  if (blocked) line.append(turnOn); else turnOn.remove();
}

function listen() {
  if (inside) return;
  try { audio = new AudioContext(); } catch { return; }
  audio.addEventListener("statechange", sayWhetherHeard);
  addEventListener("pointerdown", () => audio.resume(), { once: true });
}

// ---- what is new

let known = new Map(rows().map((row) => [row.id, row.className]));
let waiting = [];
let announced = 0;

function announce() {
  if (!waiting.length || Date.now() - announced < 5000) return;
  announced = Date.now();
  at("alarm").textContent = waiting.length > 1 ? `${waiting.length} new: ${waiting.join(". ")}` : waiting[0];
  waiting = [];
}

function look(list) {
  const fresh = rows(list).filter((row) => (known.get(row.id) ?? "") !== row.className && row.matches(".filled"));
  const first = rows(list).filter((row) => !known.has(row.id));
  known = new Map([...known, ...rows(list).map((row) => [row.id, row.className])]);
  for (const id of known.keys()) if (!rows(list).some((row) => row.id === id)) known.delete(id);
  const worse = fresh.filter((row) => row.matches(".real"));
  if (worse.length) {
    waiting.push(...worse.map((row) => row.dataset.title));
    lastAlarm = Date.now();
    alarm();
    announce();
  } else if (first.some((row) => row.matches(".fault.filled"))) tones(drill ? [330] : [440]);
  for (const row of first) {
    row.classList.add("fresh");
    setTimeout(() => row.classList.remove("fresh"), 1500);
  }
}

document.addEventListener("painted", (event) => {
  const one = event.target;
  if (one.id === "needs") { look(one); at("news").hidden = true; }
  else if (one.parentElement?.id === "needs") look(at("needs"));
  if (wanted && one.contains(at(wanted))) goOn();
  tick();
});

// The list waits while somebody's hand or focus is in it. Its rows are told of, not moved; and until it is put in its
// place the server is asked for all of it, not for what differs from what was not put.
document.addEventListener("waits", (event) => {
  if (event.target.id !== "needs") return;
  const shown = new Set(rows().map((row) => row.id));
  const more = rows(event.detail).filter((row) => !shown.has(row.id));
  const fresh = new Map(rows(event.detail).map((row) => [row.id, row]));
  look(event.detail);
  for (const row of rows()) { // each row says what is so, in its old place
    const next = fresh.get(row.id);
    const focused = row === document.activeElement; // then the focus goes on to the same row, and is not lost
    if (!focused && row.contains(document.activeElement)) continue;
    if (!next) { row.classList.remove("filled"); row.querySelector(".own").textContent = "Over now."; }
    else if (!row.isEqualNode(next)) { row.replaceWith(next.cloneNode(true)); if (focused) at(row.id).focus(); }
  }
  if (wanted && at(wanted)) goOn();
  tick();
  if (more.length) {
    const worse = more.filter((row) => row.matches(".real"));
    at("news").hidden = false;
    at("news").firstElementChild.textContent =
      `${more.length} new${worse.length ? `, worse: ${worse[0].dataset.title}` : `: ${more[0].dataset.title}`}.`;
  }
  setTimeout(() => { at("mark").dataset.fragment = at("mark").dataset.fragment.replace(/v=.*/, "v="); });
});

at("show-news").addEventListener("click", () => {
  const list = at("needs");
  const fresh = list.waits;
  if (fresh) { list.replaceWith(fresh); fresh.dispatchEvent(new CustomEvent("painted", { bubbles: true })); }
  at("news").hidden = true;
  rows().find((row) => row.matches(".filled"))?.focus();
});

// ---- one's own next steps stay on the page

let wanted = "";

function goOn() { // from the row that was acted on, unless the focus has gone elsewhere meanwhile
  if (document.activeElement === body) at(wanted).focus();
  wanted = "";
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const row = form.closest(".row");
  if (!row) return;
  event.preventDefault();
  const button = event.submitter;
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok) throw new Error(String(answer.status));
    wanted = row.id;
    button.disabled = false;
    if (at(row.id)?.contains(document.activeElement)) document.activeElement.blur(); // what comes may take its place
    refresh([at("mark")]);
  } catch {
    button.disabled = false;
    form.submit(); // the page it leads to says why
  }
});

// ---- a summary for those who listen, at most every 15 seconds

let summed = "";
setInterval(() => {
  const said = [...document.querySelectorAll(".count")].slice(0, 3)
    .map((one) => `${one.querySelector(".number").textContent} ${one.querySelector(".what p").textContent}`).join(". ");
  if (said !== summed) at("summary-words").textContent = summed = said;
}, 15000);

setInterval(() => {
  tick();
  announce();
  if (loud().length && Date.now() - lastAlarm > 10000) { lastAlarm = Date.now(); alarm(); }
}, 1000);
setInterval(() => refresh([at("mark")]), 10000); // what becomes late without anything happening
onEvent((kind, data) => {
  // This is not the drill any more: a real press comes before it on every screen.
  if (drill && (kind === "incident_opened" || kind === "incident_upgraded") && data.data && !data.data.drill) location.assign("/board?waits=1");
});
listen();
sayWhetherHeard();
tick();
if (loud().length) { waiting = loud().map((row) => row.dataset.title); announce(); }
