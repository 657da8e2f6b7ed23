// The offline app: it opens the store of whoever is signed in (or knows the
// offline code), shows the views, sends when it can, and renews itself only
// when told.
(function () {
  'use strict';
  var gp = window.gpField;
  var LAST = 'gp-field-account'; // whose store to open without signal: id, name, district
  var IDLE = 20 * 60000;         // without a touch, the app locks itself
  var config = JSON.parse(document.getElementById('gp-field-config').textContent);
  var app = { build: config.build, langs: config.langs, account: null, store: null, vault: null, queue: null, device: '', online: false, needSignIn: '', syncing: null, leave: null };
  gp.app = app;
  gp.ends = config.ends;
  gp.say_live = function (text) {
    window.gp.live(text);
    var note = document.getElementById('gp-field-note');
    note.textContent = text;
    note.hidden = !text;
    clearTimeout(note.gpTimer);
    note.gpTimer = setTimeout(function () { note.hidden = true; }, 8000);
  };

  function last() { try { return JSON.parse(localStorage.getItem(LAST) || 'null'); } catch (e) { return null; } }
  app.status = function () { return gp.status.line(app); };

  function able() {
    return window.isSecureContext && window.indexedDB && window.crypto && crypto.subtle && 'serviceWorker' in navigator;
  }

  async function boot() {
    if (!able()) { gp.show(gp.tpl('unable')); return; }
    worker();
    var me = null, why = '';
    try { me = await gp.net.request('GET', '/me'); } catch (e) { why = e.kind; }
    app.online = !!me || why === 'signin' || why === 'busy';
    if (me && me.role !== 'evaluator') { gp.show(gp.tpl('other')); return; }
    if (me && sessionStorage.getItem('gp-locked') !== me.id) { await enter(me); return; }
    var who = me || last();
    if (!who) { gp.show(gp.set(gp.tpl('closed'), { signin: app.online, offline: !app.online })); return; }
    await locked(who, me ? '' : why);
  }

  // openStore opens the store of an account.
  async function openStore(who) {
    app.account = { id: who.id, name: who.name, district: who.district };
    app.store = await gp.store.open(who.id, function (how) { if (how === 'newer') location.reload(); });
    gp.net.setClock(await app.store.meta('clock'));
    app.expired = (await gp.store.expire(app.store, new Date(gp.net.now()).toISOString())).n;
    gp.store.expireOthers(who.id, new Date(gp.net.now()).toISOString()).catch(function () {}); // of evaluators who had the phone before
    app.device = await app.store.run('readwrite', ['meta'], function (s, out) {
      s.meta.get('device').onsuccess = function (e) {
        out.id = e.target.result || gp.vault.uuid();
        if (!e.target.result) s.meta.put(out.id, 'device');
      };
    }).then(function (out) { return out.id; });
  }

  // enter opens with the server's secret: the sign-in is the key.
  async function enter(me) {
    await openStore(me);
    var sent = Date.now(), secret;
    try {
      secret = await gp.net.post('/offline/unlock', { device: app.device });
    } catch (e) {
      if (e.key === 'device.revoked') { gp.show(gp.tpl('blocked')); return; }
      await locked(me, e.kind);
      return;
    }
    gp.net.measure(secret.server_time, sent);
    try { await app.store.setMeta('clock', gp.net.clock()); } catch (e) { if (e.kind !== 'unkept') throw e; } // a full phone opens, too
    var vault;
    try { vault = await gp.vault.online(app.store, gp.vault.bytes(secret.secret)); } catch (e) {
      // The server's key is another than it was: the evaluator's code opens it still, and what waits can be sent.
      if (await app.store.meta('wrap.code')) await locked(me, ''); else gp.show(gp.tpl('broken'));
      return;
    }
    localStorage.setItem(LAST, JSON.stringify(app.account));
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(function () {});
    await ready(vault);
  }

  // locked asks for the offline code.
  async function locked(who, why) {
    if (!app.store) await openStore(who);
    var view = gp.tpl('locked'), code = await app.store.meta('wrap.code');
    gp.set(view, { who: who.name, code: !!code, nocode: !code, signin: true, away: !app.online && !code });
    gp.part(view, 'code').addEventListener('submit', async function (e) {
      e.preventDefault();
      var field = gp.part(view, 'code').elements.code, button = gp.part(view, 'open');
      button.disabled = true;
      gp.set(view, { fault: false });
      try {
        var vault = await gp.vault.offline(app.store, field.value);
        sessionStorage.removeItem('gp-locked');
        await ready(vault);
      } catch (err) {
        button.disabled = false;
        if (err.kind === 'unkept') { gp.set(view, { fault: gp.say('offline.not_kept') }); return; }
        if (!err.code) throw err;
        field.value = '';
        field.focus();
        gp.set(view, { fault: gp.say(err.code === 'code' ? 'offline.locked.wrong' : 'offline.locked.forgotten', { N: err.left }) });
        if (err.code !== 'code') gp.set(view, { code: false, nocode: true, signin: true });
      }
    });
    gp.part(view, 'signin').addEventListener('click', function () { sessionStorage.removeItem('gp-locked'); });
    gp.show(view);
  }

  async function ready(vault) {
    app.vault = vault;
    app.queue = new gp.Queue(app.store, vault, app.account);
    app.queue.on = function () { app.status(); tell(); app.sync(); };
    listen();
    document.body.setAttribute('data-open', '');
    window.addEventListener('hashchange', view);
    window.addEventListener('online', app.sync);
    document.addEventListener('visibilitychange', function () { if (!document.hidden) app.sync(); });
    window.addEventListener('pagehide', function () { if (app.leave) app.leave(); });
    setInterval(tick, 30000);
    document.querySelector('#gp-field-status [data-x~=sendnow]').addEventListener('click', function () { app.sync(true); });
    idle();
    if ((await app.store.all('cases')).length === 0) {
      gp.show(gp.tpl('first'));
      await app.sync();
    } else app.sync();
    await view();
    await app.status();
  }
  // Tabs tell one another that the queue has changed.
  var others = null;
  function listen() {
    if (!window.BroadcastChannel) return;
    others = new BroadcastChannel('gp-field-' + app.account.id);
    others.onmessage = function () {
      app.status();
      if (live()) view(true);
    };
  }
  function tell() { if (others) others.postMessage('changed'); }
  var ticks = 0;
  async function tick() {
    if (document.hidden) return;
    var n = await app.queue.counts();
    if (n.waiting || ++ticks % 10 === 0) app.sync();
  }
  function idle() {
    var touched = performance.now();
    ['pointerdown', 'keydown'].forEach(function (ev) { document.addEventListener(ev, function () { touched = performance.now(); }, { passive: true }); });
    setInterval(function () { if (performance.now() - touched > IDLE) app.lock(); }, 60000);
  }
  app.lock = async function () {
    if (app.leave) await app.leave();
    sessionStorage.setItem('gp-locked', app.account.id);
    location.reload();
  };

  // sync runs once at a time; told says that a person asked for it.
  app.sync = function (told) {
    if (!app.queue) return Promise.resolve();
    if (app.syncing) { app.again = app.again || (told === true ? 'told' : 'untold'); return app.syncing; }
    app.syncing = round(told === true).finally(function () {
      app.syncing = null;
      app.status();
      var again = app.again;
      app.again = '';
      if (again) app.sync(again === 'told');
    });
    app.status();
    return app.syncing;
  };
  async function round(told) {
    try {
      var out = await gp.net.sync(app);
      app.online = true;
      app.needSignIn = '';
      if (out) tell();
      if (out && live()) await view(true);
      if (out) { checkUpdate(); shownReceipt(); }
      if (told) gp.say_live(out ? await settled() : gp.say('offline.sync.other_tab'));
    } catch (e) {
      app.online = e.kind !== 'offline' && e.kind !== undefined;
      app.needSignIn = e.kind !== 'signin' ? '' : e.other ? 'offline.net.other' : 'offline.net.signin';
      if (e.key === 'device.revoked') { gp.show(gp.tpl('blocked')); return; }
      tell();
      if (told) gp.say_live(gp.say(app.needSignIn || (e.kind === 'offline' ? 'offline.sync.none' : e.kind === 'unkept' ? 'offline.sync.full' : 'offline.sync.busy')));
      if (e.kind === undefined) throw e;
    }
  }
  // settled is what there is to say after a synchronisation: not that all is sent
  // where something waits still.
  async function settled() {
    var n = (await app.queue.counts()).waiting;
    return n ? gp.say('offline.line.waiting', { N: n, Time: gp.when(Date.parse(await app.store.meta('synced')), gp.net.now()) }) : gp.say('offline.sync.done');
  }
  async function shownReceipt() {
    var el = document.querySelector('[data-x~=thanks-receipt]'), r = el && app.thanksFor && await app.store.get('records', app.thanksFor);
    if (!r || !r.note) return;
    el.textContent = (await app.vault.open(r.note, 'receipt/' + r.id)).receipt;
    gp.set(document.getElementById('gp-view').firstElementChild, { sent: true, waiting: false });
  }

  function here() { return location.hash.replace(/^#\/?/, ''); }
  // live tells whether what is on the screen follows the queue: the list, and the
  // queue itself.
  function live() { return here() === '' || here() === 'queue'; }
  // free tells that nobody is at work on the view, so that it can be drawn anew.
  function free() {
    var at = document.activeElement;
    return !document.getElementById('gp-view').contains(at) || at.tagName === 'H1';
  }
  async function view(again) {
    if (again !== true && app.leave) { var l = app.leave; app.leave = null; app.left = l(); }
    await app.left; // who comes back at once must not read what is not yet written
    if (!app.vault) return;
    if (again !== true) gp.turn = (gp.turn || 0) + 1;
    var p = here().split('/');
    if (again === true && live() && !free()) { app.status(); return; }
    if (p[0] === 'case') await gp.cases.one(app, p[1]);
    else if (p[0] === 'interview') await gp.interview.start(app, p[1]);
    else if (p[0] === 'queue') await gp.status.queue(app);
    else if (p[0] === 'settings') await gp.status.settings(app);
    else await gp.cases.list(app);
    app.status();
  }

  // Renewal. A new version waits until the evaluator says so; the page that is
  // open goes on with its own files meanwhile.
  var registration = null, checked = 0;
  async function worker() {
    try {
      registration = await navigator.serviceWorker.register('/app/sw.js', { scope: '/app/', updateViaCache: 'none' });
    } catch (e) { return; }
    function waits() {
      var b = document.getElementById('gp-field-update');
      b.hidden = !(registration.waiting && navigator.serviceWorker.controller);
    }
    registration.addEventListener('updatefound', function () {
      var w = registration.installing;
      if (w) w.addEventListener('statechange', waits);
    });
    waits();
    document.querySelector('#gp-field-update button').addEventListener('click', async function () {
      if (app.leave) await app.leave();
      var w = registration.waiting;
      if (!w) { location.reload(); return; }
      navigator.serviceWorker.addEventListener('controllerchange', function () { location.reload(); }, { once: true });
      w.postMessage('update');
    });
    tellLang();
  }
  function checkUpdate() {
    if (!registration || performance.now() - checked < 60000 && checked) return;
    checked = performance.now();
    registration.update().catch(function () {});
  }
  app.checkUpdate = function () { checked = 0; checkUpdate(); };

  // The language of the app is that of its page; the choice is kept for the
  // next start without signal.
  async function tellLang() {
    try {
      var c = await caches.open('gp-field-lang');
      await c.put('/app/offline/lang', new Response(gp.lang));
    } catch (e) { /* private mode: Chinese then */ }
  }

  boot().catch(function (e) {
    console.error(e);
    gp.show(gp.tpl('broken'));
  });
})();
