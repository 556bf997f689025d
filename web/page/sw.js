// Keeps the page's files, so that it works without a network once loaded.
//
// The cache is named by the hash of all the files, and every file but the page itself is asked for with that hash: files
// of two versions never meet. The page itself comes from the network when there is one, so an update arrives at once.
'use strict';

const VERSION = '{{hash}}';
const FILES = ['./', ...'{{files}}'.split(' ')];
// Other copies of the page may live on the same host under other paths.
const OURS = `potholes ${self.registration.scope} `;
const CACHE = OURS + VERSION;
const PATIENCE_MS = 4000;

self.addEventListener('install', (event) => event.waitUntil((async () => {
  const cache = await caches.open(CACHE);
  // What carries the hash may come from the browser's own cache, where the page has just put it.
  await cache.addAll(FILES.map((file) => new Request(file, { cache: file.includes('?v=') ? 'default' : 'reload' })));
  await self.skipWaiting();
})()));

self.addEventListener('activate', (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) {
    if (name.startsWith(OURS) && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
})()));

async function page(request) {
  const kept = () => caches.match('./', { cacheName: CACHE });
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const response = await fetch(request, { signal: patience.signal });
    return response.ok ? response : (await kept()) ?? response;
  } catch (error) {
    const copy = await kept();
    if (copy) return copy;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(self.registration.scope)) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else event.respondWith((async () => (await caches.match(request, { cacheName: CACHE })) ?? fetch(request))());
});
