// The wall's clock and ages; what it shows comes with live.js. When another incident begins, it opens that one.
import { onEvent } from "./live.js";

const body = document.body;
const skew = Date.parse(body.dataset.now) - Date.now();
const two = (n) => String(n).padStart(2, "0");

function tick() {
  if (document.documentElement.classList.contains("is-stale")) return;
  if (!body.dataset.over) {
    const age = Math.max(Math.floor((Date.now() + skew - Date.parse(body.dataset.started)) / 1000), 0);
    const hours = Math.floor(age / 3600);
    document.getElementById("clock").textContent = `${hours ? `${hours}:` : ""}${two(Math.floor(age / 60) % 60)}:${two(age % 60)}`;
  }
  for (const one of document.querySelectorAll(".age")) {
    const minutes = Math.floor((Date.now() + skew - Date.parse(one.dataset.at)) / 60000);
    one.textContent = minutes < 1 ? "under 1 min" : `${minutes} min`;
  }
}

onEvent((kind) => { if (kind === "incident_opened" || kind === "incident_upgraded") location.reload(); });
document.addEventListener("painted", tick);
setInterval(tick, 1000);
tick();
