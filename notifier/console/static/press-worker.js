// Opens the press page when the server does not answer: the last one seen, which says how old it is.
const STORE = "press-1", PATIENCE = 3000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => event.waitUntil(caches.open(STORE).then(async (store) => {
  const wanted = event.data.map((one) => new URL(one, self.location.origin).href);
  await Promise.all(wanted.map(async (address) => {
    if (new URL(address).pathname.startsWith("/static/") && await store.match(address)) return;
    const answer = await fetch(address, { redirect: "error" }).catch(() => null);
    if (answer && answer.ok) await store.put(address, answer);
  }));
  for (const old of await store.keys()) if (!wanted.includes(old.url)) await store.delete(old);
})));

self.addEventListener("fetch", (event) => {
  const { request } = event, { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  const page = request.mode === "navigate" && (pathname === "/press" || pathname === "/press/confirm");
  if (pathname.startsWith("/static/")) {
    event.respondWith(caches.match(request).then((found) => found || fetch(request)));
  } else if (page) {
    event.respondWith(fetch(request, { signal: AbortSignal.timeout(PATIENCE) }).catch(async (error) => {
      const found = await caches.match(request, { ignoreSearch: pathname === "/press" });
      if (found) return found;
      throw error;
    }));
  }
});
