// The service worker of the offline app. It keeps the app's own files, the same
// for everybody; names and answers never pass through its cache. self.gpBuild
// is set by the script that the server makes around this one.
'use strict';
const PREFIX = 'gp-field-build-';
const CACHE = PREFIX + self.gpBuild.build;
const SHELL = /^\/app\/offline(\/(zh|en))?$/;

self.addEventListener('install', (e) => {
  e.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await Promise.all(self.gpBuild.files.map(async (url) => {
      const r = await fetch(url, { credentials: 'same-origin', cache: url.startsWith('/static/h-') ? 'default' : 'no-store' });
      if (!r.ok || r.redirected) throw new Error(url + ' answers ' + r.status);
      await cache.put(url, r);
    }));
  })());
});

// Old files go when no page uses them any more: this worker is then in charge.
self.addEventListener('activate', (e) => {
  e.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener('message', (e) => {
  if (e.data === 'update') self.skipWaiting();
});

async function lang() {
  const c = await caches.open('gp-field-lang');
  const r = await c.match('/app/offline/lang');
  return r && (await r.text()) === 'en' ? 'en' : 'zh';
}

self.addEventListener('fetch', (e) => {
  const url = new URL(e.request.url);
  if (url.origin !== self.location.origin || e.request.method !== 'GET') return;
  if (e.request.mode === 'navigate') {
    if (SHELL.test(url.pathname)) e.respondWith(shell(url));
    else if (url.pathname === '/app' || url.pathname.startsWith('/app/')) e.respondWith(page(e.request));
    return;
  }
  if (url.pathname.startsWith('/static/h-')) e.respondWith(file(e.request));
});

async function shell(url) {
  const m = SHELL.exec(url.pathname);
  const want = m[2] || (await lang());
  if (!m[2]) return Response.redirect('/app/offline/' + want, 302);
  const cache = await caches.open(CACHE);
  return (await cache.match('/app/offline/' + want)) || fetch(url.href);
}

// Pages of the server need the server; without it the offline app opens.
async function page(request) {
  try {
    return await fetch(request);
  } catch (err) {
    return Response.redirect('/app/offline/' + (await lang()), 302);
  }
}

async function file(request) {
  return (await caches.match(request.url)) || fetch(request);
}
