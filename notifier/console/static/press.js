// Press and keep pressing; a press that cannot reach the server is kept, tried again, and counts once.
// Everything here is also possible without it: a tile opens its confirm page, which starts by a plain form.
const HOLD = 1200, TAP = 350, SLIP = 24, DEAF = 700; // milliseconds, and pixels off the tile
const AGAIN = 2000, PATIENCE = 4000, ASK = document.body.classList.contains("drill") ? 800 : 4000;
const STALE = 900000; // a kept press that is older when the page opens again waits for a person

const body = document.body, base = body.dataset.base, $ = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const kept = `notifier-press ${base}`;
const local = { timeZone: body.dataset.zone || undefined }, HALF_DAY = 43200000;
const day = (at) => (Date.now() - at > HALF_DAY ? `${new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "long", ...local })}, ` : "");
const clock = (at) => day(at) + new Date(at).toLocaleTimeString("en-GB", local);
const words = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };
const key = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");

// ---- press and keep

const tiles = $("tiles"), say = $("say");
let hold = null, quiet = false;

function begin(tile, event) {
  hold = { tile, at: performance.now(), finger: event.pointerId, rest: say.innerHTML, band: [$("band-1").textContent, $("band-2").textContent] };
  tile.setPointerCapture(event.pointerId);
  hold.frame = requestAnimationFrame(grow);
}

function look() {
  const { tile } = hold;
  hold.seen = true;
  say.innerHTML = '<div class="top-bar" aria-hidden="true"><i></i></div><p><b>Keep pressing.</b> Let go: nothing starts.</p>';
  tile.insertAdjacentHTML("beforeend", '<span class="tile-bar" aria-hidden="true"><i></i></span>');
  tile.classList.add("pressed");
  body.classList.add("pressing");
  words($("band-1"), `Starting ${tile.dataset.word}`);
  words($("band-2"), tile.dataset.reach);
}

function grow() {
  if (!hold) return;
  const held = performance.now() - hold.at;
  if (held > 60 && !hold.seen) look();
  const part = Math.min(1, held / HOLD), shown = calm ? Math.floor(part * 4) / 4 : part;
  for (const bar of document.querySelectorAll(".top-bar i, .tile-bar i")) bar.style.width = `${shown * 100}%`;
  if (part < 1) { hold.frame = requestAnimationFrame(grow); return; }
  const { tile } = hold;
  quiet = true;
  hold = null;
  if ("audible" in tile.dataset && navigator.vibrate) navigator.vibrate(40);
  words($("band-1"), `Sending ${tile.dataset.word}`);
  press(tile.value, tile.dataset.word, tile.querySelector(".directive").textContent);
}

function rest() {
  body.classList.remove("pressing");
  for (const bar of document.querySelectorAll(".tile-bar")) bar.remove();
  for (const tile of document.querySelectorAll(".pressed")) tile.classList.remove("pressed");
}

function end(told) {
  if (!hold) return;
  const was = hold;
  hold = null;
  cancelAnimationFrame(was.frame);
  rest();
  if (!was.seen) return;
  words($("band-1"), was.band[0]);
  words($("band-2"), was.band[1]);
  say.innerHTML = was.rest;
  if (told) say.innerHTML = "<p><b>Nothing started.</b> Keep pressing until the bar is full.</p>";
}

if (tiles) {
  const room = () => tiles.classList.toggle("scrolls", document.documentElement.scrollHeight > innerHeight);
  addEventListener("resize", room);
  room();
  tiles.addEventListener("pointerdown", (event) => {
    const tile = event.target.closest(".tile");
    quiet = false;
    if (hold) { quiet = true; end(true); } // a second finger
    else if (tile && event.isPrimary && event.button === 0 && !$("sending")) begin(tile, event);
  });
  tiles.addEventListener("pointermove", (event) => {
    if (!hold || event.pointerId !== hold.finger) return;
    const box = hold.tile.getBoundingClientRect();
    if (event.clientX < box.left - SLIP || event.clientX > box.right + SLIP || event.clientY < box.top - SLIP || event.clientY > box.bottom + SLIP) {
      quiet = true;
      end(true);
    }
  });
  tiles.addEventListener("pointerup", () => {
    if (!hold) return;
    const tap = performance.now() - hold.at < TAP;
    quiet = !tap;
    end(!tap);
  });
  const stop = () => { if (hold) { quiet = true; end(true); } };
  tiles.addEventListener("pointercancel", stop);
  addEventListener("blur", stop);
  document.addEventListener("visibilitychange", stop);
  document.addEventListener("pointerdown", (event) => { if (!event.isPrimary) stop(); });
  tiles.addEventListener("contextmenu", (event) => event.preventDefault());
  tiles.addEventListener("click", (event) => { if (quiet && event.detail) event.preventDefault(); quiet = false; });
}

// ---- the confirm page's button

const start = $("start");
if (start) {
  setTimeout(() => { start.dataset.awake = ""; }, DEAF);
  $("start-form").elements.key.value = key(); // a page from the cache must not bring an old press's key
  document.querySelector(".back").addEventListener("click", (event) => { // the second tap of a double tap goes nowhere
    if (event.detail && !("awake" in start.dataset)) event.preventDefault();
  });
  start.addEventListener("keydown", (event) => { if (event.repeat) event.preventDefault(); });
  $("start-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!("awake" in start.dataset) || start.disabled) return;
    start.disabled = true;
    words(start, `Sending ${start.dataset.word}`);
    press($("start-form").elements.action.value, start.dataset.word, start.dataset.say);
  });
}

// ---- sending, and sending again

let sending = null;

function press(action, word, shout) {
  sending = { action, word, shout, key: start ? $("start-form").elements.key.value : key(), at: Date.now() };
  try { localStorage.setItem(kept, JSON.stringify(sending)); } catch { /* then it lives as long as the page */ }
  attempt(1);
}

function drop() {
  try { localStorage.removeItem(kept); } catch { /* nothing was kept */ }
}

function forget() { sending = null; drop(); }

async function attempt(tries) {
  const waited = Math.round((Date.now() - sending.at) / 1000);
  const form = new URLSearchParams({ action: sending.action, key: sending.key, waited });
  const zone = new URLSearchParams(location.search).get("zone");
  try {
    const answer = await fetch(`${base}/start${zone ? `?zone=${zone}` : ""}`, {
      method: "POST", body: form, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE), redirect: "error",
    });
    if (answer.status >= 400 && answer.status < 500) { refused(); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    drop(); // and it stays `sending` until the next page is there: nothing else leads away meanwhile
    location.replace(told.see + (tries > 1 ? `&waited=${waited}` : ""));
  } catch {
    if (sending) again(tries);
  }
}

function panel() {
  if (body.classList.contains("not-received")) return;
  rest();
  const shown = $("unreachable").content.cloneNode(true);
  words(shown.querySelector("[data-shout]"), `“${sending.word[0]}${sending.word.slice(1).toLowerCase()}! ${sending.shout}”`);
  words(shown.querySelector("[data-name]"), sending.word[0] + sending.word.slice(1).toLowerCase());
  words(shown.querySelector("[data-since]"), `since ${clock(heard)}`);
  shown.querySelector("[data-stop]").addEventListener("click", () => { forget(); location.reload(); });
  document.querySelector("main").replaceWith(shown);
  for (const old of document.querySelectorAll(".frame > footer")) old.remove();
  if (document.activeElement === body) document.querySelector(".box h1").focus(); // what held the focus is gone
  body.classList.add("not-received");
  words($("band-1"), `Your ${sending.word} is NOT received`);
  words($("band-2"), `Pressed ${clock(sending.at)}${body.dataset.place ? ` at ${body.dataset.place}` : ""}`);
  document.title = `LIVE ${sending.word} NOT received`;
}

function again(tries) {
  panel();
  let left = AGAIN / 1000;
  const bar = document.querySelector(".track i");
  const count = () => {
    if (!sending) return;
    words(document.querySelector("[data-try]"), `It keeps trying: try ${tries}, next in ${left} second${left === 1 ? "" : "s"}.`);
    if (bar) bar.style.width = `${100 - (left * 100000) / AGAIN}%`;
    if (left-- > 0) setTimeout(count, 1000);
    else attempt(tries + 1);
  };
  count();
}

function refused() {
  panel();
  words(document.querySelector(".box h1"), `${sending.word} was NOT started.`);
  words(document.querySelector("[data-try]"), "This device is not enrolled any more, or nobody is signed in on it. An administrator enrols it again.");
  for (const one of document.querySelectorAll("[data-try] ~ *")) one.remove();
  forget();
}

// ---- connected, and since when

let heard = Date.now(), down = 0, told = body.dataset.live || "";

async function ask() {
  try {
    const answer = await fetch("/press/state", { signal: AbortSignal.timeout(PATIENCE), cache: "no-store", redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    const now = await answer.json();
    heard = Date.now();
    if (down) { down = 0; body.classList.remove("off"); if (say && !hold && !sending) location.reload(); }
    if (now.live !== told && !sending && !hold) {
      if (body.classList.contains("drill") ? now.live : say) { location.reload(); return; }
      told = now.live;
    }
  } catch {
    down = down || Date.now();
  }
  setTimeout(ask, ASK);
}

function age() {
  const link = $("link");
  if (hold || sending) return;
  if (down) {
    body.classList.add("off");
    if (link) {
      words(link.querySelector("b"), "Not connected");
      words(link.querySelector("span > span"), `since ${clock(heard)}`);
    }
    if (say && !say.dataset.off) {
      say.dataset.off = "1";
      say.innerHTML = `<p><b>Not connected since ${clock(heard)}.</b> A press here may not arrive: use the wall button or call 911.</p>`;
    }
  } else if (link) {
    words(link.querySelector("span > span"), `checked ${Math.round((Date.now() - heard) / 1000)} s ago`);
  }
}

// ---- what became of it

let left = 0; // when a link was tapped: a reload just then would undo it
document.addEventListener("click", (event) => { if (event.target.closest("a")) left = Date.now(); });

async function follow() {
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(PATIENCE), redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["outside", "known"]) {
      const fresh = page.getElementById(id), old = $(id);
      if (fresh && old && !old.contains(document.activeElement) && !old.isEqualNode(fresh)) old.replaceWith(fresh);
    }
    if (Boolean($("outside")) !== Boolean(page.getElementById("outside")) && Date.now() - left > PATIENCE) location.reload();
  } catch { /* asked again in a moment */ }
  setTimeout(follow, 1000);
}

try {
  const waiting = JSON.parse(localStorage.getItem(kept) || "null");
  if (waiting && $("unreachable")) {
    sending = waiting;
    panel();
    if (Date.now() - waiting.at < STALE) attempt(2);
    else words(document.querySelector("[data-try]"), "This was pressed long ago and is not tried any more. Stop it here, then press again if there is danger.");
  }
} catch { /* nothing is kept */ }
if (body.classList.contains("started")) { if (body.dataset.incident) follow(); }
else if ($("unreachable")) {
  if (say) heard = Date.parse(body.dataset.sent) || Date.now();
  ask();
  setInterval(age, 500);
}
if (base === "/press" && tiles && navigator.serviceWorker) {
  navigator.serviceWorker.register("/press/worker", { scope: "/press" }).then(() => navigator.serviceWorker.ready).then((ready) => {
    const pages = [...document.querySelectorAll(".tile")].map((tile) => `/press/confirm?action=${tile.value}`);
    const parts = [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((one) => one.href || one.src).concat(body.dataset.also);
    ready.active.postMessage([location.pathname, ...pages, ...parts]);
  }).catch(() => {});
}
