// What happens, as it happens. One stream per page; elements say what they show:
//   <section id="counts" data-fragment="/board/counts" data-on="door answer">…</section>
// is fetched again after an event of one of those kinds (of any kind without data-on). The answer may hold several
// elements: each replaces the one with its id. Focus is never moved: what holds the focus waits until it has left.

const REPAINT = 250; // milliseconds: at most four repaints a second
const SILENCE = 20000; // a sign of life comes every 15 seconds
const RETRY = 2000;

const waiting = new Map();
const listeners = new Set();
let seen = Date.now();
let lost = false;
let painting = 0;

/** Call `listener(kind, data)` for every event. */
export function onEvent(listener) { listeners.add(listener); }

/** Fetch these elements again now, or soon if something was painted just now. */
export function refresh(elements = document.querySelectorAll("[data-fragment]")) {
  for (const one of elements) waiting.set(one.dataset.fragment, one.id);
  if (!painting && waiting.size) painting = setTimeout(paint, REPAINT);
}

async function paint() {
  const addresses = [...waiting.keys()];
  waiting.clear();
  await Promise.all(addresses.map(async (address) => {
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" }, redirect: "error" });
      if (answer.ok) replace(await answer.text());
    } catch { /* the stream tells when the server is gone */ }
  }));
  painting = waiting.size ? setTimeout(paint, REPAINT) : 0;
}

/** Put server-rendered elements in the places of those that have their ids. */
export function replace(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  for (const fresh of [...holder.content.children]) {
    const old = fresh.id && document.getElementById(fresh.id);
    if (!old || old.isEqualNode(fresh)) continue;
    const focused = old === document.activeElement; // itself, and nothing in it: then the fresh one has it
    if ((!focused && old.contains(document.activeElement)) || (old.hasAttribute("data-still") && old.matches(":hover"))) {
      later(old, fresh);
    } else {
      old.replaceWith(fresh);
      if (focused) fresh.focus();
      fresh.dispatchEvent(new CustomEvent("painted", { bubbles: true }));
    }
  }
}

function later(old, fresh) {
  old.setAttribute("data-waits", "");
  old.dispatchEvent(new CustomEvent("waits", { bubbles: true, detail: fresh }));
  if (old.waits) { old.waits = fresh; return; }
  old.waits = fresh;
  const put = () => setTimeout(() => {
    if (!old.isConnected || old.contains(document.activeElement) || (old.hasAttribute("data-still") && old.matches(":hover"))) return;
    old.replaceWith(old.waits);
    old.waits.dispatchEvent(new CustomEvent("painted", { bubbles: true }));
  });
  old.addEventListener("focusout", put);
  old.addEventListener("pointerleave", put);
}

function hear(kind, text) {
  seen = Date.now();
  if (kind === "still") return;
  if (kind === "signed_out") { signedOut(); return; }
  let data = {};
  try { data = JSON.parse(text); } catch { /* the kind says enough */ }
  for (const listener of listeners) listener(kind, data);
  const all = kind === "hello" || kind === "resync";
  refresh([...document.querySelectorAll("[data-fragment]")].filter(
    (one) => all || !one.dataset.on || one.dataset.on.split(" ").includes(kind)));
}

function say(text) {
  const line = document.getElementById("stale");
  if (!line) return;
  document.documentElement.classList.toggle("is-stale", Boolean(text));
  line.hidden = !text;
  if (line.textContent !== text) line.textContent = text;
}

function tick() {
  const age = Math.round((Date.now() - seen) / 1000);
  if (lost || Date.now() - seen > SILENCE) say(`This picture is ${age} s old. Reconnecting.`);
  else say("");
}

let source = null;
let ended = false;

function signedOut() {
  ended = true;
  source.close();
  say("You are signed out. The incident goes on. Sign in to see it; to start one you need no sign-in.");
  const line = document.getElementById("stale");
  if (!line || document.body.classList.contains("wall")) return; // nobody can press anything on a wall
  const back = document.createElement("a");
  back.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
  back.textContent = "Sign in";
  line.append(" ", back);
}

function connect() {
  source = new EventSource(document.body.dataset.stream || "/api/v1/events");
  source.onopen = () => { lost = false; seen = Date.now(); tick(); };
  source.onerror = () => {
    lost = true;
    tick();
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY);
  };
  for (const kind of (document.body.dataset.kinds || "").split(" ")) {
    if (kind) source.addEventListener(kind, (event) => hear(kind, event.data));
  }
}

if (document.body.dataset.kinds) {
  connect();
  setInterval(() => { if (!ended) tick(); }, 1000);
}
