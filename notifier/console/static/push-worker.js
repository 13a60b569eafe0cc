// Shows what is pushed, and opens its link. The words come stamped: a drill says so in title and text.
self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  const told = event.data ? event.data.json() : {};
  event.waitUntil(self.registration.showNotification(told.title || "notifier", {
    body: told.body || "", lang: told.lang, tag: told.tag, renotify: Boolean(told.tag),
    silent: Boolean(told.quiet), requireInteraction: !told.quiet, data: { link: told.link || "" },
    icon: told.drill ? "drill.svg" : "live.svg",
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { link } = event.notification.data || {};
  if (link) event.waitUntil(self.clients.openWindow(link));
});
