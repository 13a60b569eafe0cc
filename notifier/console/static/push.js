// Registers this browser for push: asks for permission only after a tap, and hands the subscription to the server.
const place = document.querySelector("[data-push-key]");

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

async function register() {
  const { pushKey, pushTo, pushWorker } = place.dataset;
  if (await Notification.requestPermission() !== "granted") return place.dataset.denied;
  const worker = await navigator.serviceWorker.register(pushWorker, { scope: "/static/" });
  await ready(worker);
  const before = await worker.pushManager.getSubscription();
  if (before) await before.unsubscribe();
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(pushKey) });
  const { endpoint, keys } = made.toJSON();
  const answer = await fetch(pushTo, {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ endpoint, p256dh: keys.p256dh, auth: keys.auth }),
  });
  return answer.ok ? place.dataset.done : place.dataset.failed;
}

function ready(worker) {
  const one = worker.active ? null : worker.installing || worker.waiting;
  return one && new Promise((done) => one.addEventListener("statechange", () => one.state === "activated" && done()));
}

if (place && "serviceWorker" in navigator && "PushManager" in window && Notification.permission !== "denied") {
  const button = place.querySelector("button"), said = place.querySelector("[role=status]");
  place.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    said.textContent = await register().catch(() => place.dataset.failed);
    button.disabled = said.textContent === place.dataset.done;
  });
}
