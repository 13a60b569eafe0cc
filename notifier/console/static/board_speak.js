// Speaking over the speakers: record, listen, send. Every step leaves the one before it as it was, and what was
// recorded stays until it is thrown away or the server has it.
import "./live.js";
import { listen, play, thinned, wav } from "./voice.js";

const at = (id) => document.getElementById(id);
const box = at("voice");
const LONGEST = Number(box.dataset.longest); // seconds
const HELD = 600; // milliseconds: who kept the button pressed that long ends by letting go
const SILENT = 0.02; // peak, of 1: below, the microphone heard nobody

const [record, hear, again, send] = ["record", "hear", "again", "send"].map(at);
let taking = null; // what records now
let taken = null; // what was recorded
let quiet = null; // stops what plays now
let pressed = 0;
let loudest = 0;

function show(state, words, wrong = false) {
  box.dataset.state = state;
  record.lastElementChild.textContent = state === "recording" ? "Stop, I have said it" : taken ? "Record again" : "Record";
  record.classList.toggle("primary", !taken);
  record.setAttribute("aria-pressed", String(state === "recording"));
  record.disabled = state === "none"; // never while it has the focus: that would be lost
  at("taken").hidden = !["taken", "sending"].includes(state);
  at("voice-says").className = wrong ? "wrong" : "";
  at("voice-says").textContent = words;
  where();
}

function where() {
  send.lastElementChild.textContent = `Say it now: ${at("to").selectedOptions[0].textContent}`;
}
at("to").addEventListener("change", where);

function spent(seconds, peak = 0) {
  const whole = Math.floor(seconds);
  at("length").textContent = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  at("level").value = Math.min(Math.sqrt(peak), 1); // as ears hear it, roughly
}

// ---- why there is no microphone, in words

const NONE = {
  NotAllowedError: "This browser may not use the microphone here. Allow it beside the address, then press Record again.",
  NotFoundError: "This device has no microphone.",
  NotReadableError: "Another program holds the microphone. Close it, then press Record again.",
};

function missing() {
  if (!window.isSecureContext) return "Browsers give a microphone only to https addresses, and this is none.";
  if (!navigator.mediaDevices?.getUserMedia || !window.AudioWorkletNode) return "This browser gives pages no microphone.";
  return "";
}

// ---- record

async function start() {
  quiet?.();
  show("asking", "The browser asks whether this page may use the microphone.");
  loudest = 0;
  try {
    taking = await listen((peak, seconds) => {
      if (box.dataset.state !== "recording") return;
      loudest = Math.max(loudest, peak);
      spent(seconds, peak);
      if (seconds >= LONGEST) stop();
    });
  } catch (fault) {
    taking = null;
    show(taken ? "taken" : "ready", `${NONE[fault.name] ?? "The microphone did not start."} ${OTHERWISE}`, true);
    return;
  }
  show("recording", "Speak now.");
}

const OTHERWISE = "You can type the words, or send a recording, below.";

async function stop() {
  if (!taking) return;
  const ending = taking;
  taking = null;
  const { samples, rate } = await ending.stop();
  at("level").value = 0;
  if (loudest < SILENT) {
    taken = null;
    show("ready", `The microphone heard nothing. Is it muted? ${OTHERWISE}`, true);
    return;
  }
  taken = thinned(samples.subarray(0, Math.floor(LONGEST * rate)), rate);
  const long = Math.round(taken.samples.length / taken.rate);
  show("taken", `${long} s recorded${long >= LONGEST ? ", which is the most" : ""}. Nothing has been said yet.`);
  send.focus();
}

const busy = () => ["asking", "sending"].includes(box.dataset.state);
const toggle = () => { if (taking) stop(); else if (!busy()) start(); };

record.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  pressed = taking ? 0 : Date.now();
  toggle();
});
for (const kind of ["pointerup", "pointercancel"]) {
  addEventListener(kind, () => {
    if (taking && pressed && Date.now() - pressed > HELD) stop();
    pressed = 0;
  });
}
record.addEventListener("click", (event) => { if (event.detail === 0) toggle(); }); // by keyboard or a switch
addEventListener("pagehide", () => { taking?.stop(); });

// ---- listen, throw away, send

hear.addEventListener("click", async () => {
  if (busy()) return;
  if (quiet) { quiet(); return; }
  hear.lastElementChild.textContent = "Stop listening";
  quiet = await play(taken, () => { quiet = null; hear.lastElementChild.textContent = "Listen first"; });
});

again.addEventListener("click", () => {
  if (busy()) return;
  quiet?.();
  taken = null;
  spent(0);
  show("ready", "Thrown away. Nothing was said.");
  record.focus();
});

send.addEventListener("click", async () => {
  if (busy()) return;
  quiet?.();
  show("sending", "Handing it to the speakers.");
  const form = at("speak");
  const asked = new URLSearchParams({ speakers: form.elements.to.value, language: form.elements.language.value });
  let answer;
  try {
    answer = await fetch(`${box.dataset.address}?${asked}`, {
      method: "POST", headers: { "Content-Type": "audio/wav" }, body: wav(taken), signal: AbortSignal.timeout(30000),
    });
  } catch {
    show("taken", "The server did not answer, so nobody knows whether it is said. Look at what the speakers report before you send it again. Your recording is kept here.", true);
    return;
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    show("taken", `${said.detail ?? "The server did not take it."} Your recording is kept here.`, true);
    return;
  }
  taken = null;
  spent(0);
  show("ready", said.text);
  record.focus();
});

if (missing()) show("none", `${missing()} ${OTHERWISE}`, true);
