// Serves a patient's pages without a network, and sends what waits when one comes back, also when no page is open.
importScripts("/static/phone-queue.js");
const STORE = "phone";
const WAIT = 8000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("sync", (event) => { if (event.tag === "send") event.waitUntil(PhoneQueue.flush()); });

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin || pathname.endsWith("/send")) return;
  if (pathname.startsWith("/phone/") || pathname.startsWith("/static/")) event.respondWith(answer(event.request, pathname));
});

// The network first: a page that says so, and whatever belongs to it, is kept for the time without.
async function answer(request, pathname) {
  const store = await caches.open(STORE);
  try {
    const fresh = await fetch(request, { signal: AbortSignal.timeout?.(WAIT) });
    if (fresh.ok && (fresh.headers.has("Trialwright-Keep") || pathname.startsWith("/static/"))) await store.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    const kept = await store.match(request) ?? await store.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}
