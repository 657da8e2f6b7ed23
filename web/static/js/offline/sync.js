// Talking to the server: one tab at a time sends the queue, fetches the cases
// and keeps the forms that cases and records need.
(function () {
  'use strict';
  var gp = window.gpField = window.gpField || {};
  var API = '/api/v1';
  var PATIENCE = 20000;

  // request sends JSON. Errors say what to make of them: offline (no answer),
  // signin (nobody signed in), rejected (this will not do), busy (later).
  async function request(method, path, body) {
    var end = new AbortController(), timer = setTimeout(function () { end.abort(); }, PATIENCE), r;
    try {
      r = await fetch(API + path, { method: method, credentials: 'same-origin', cache: 'no-store', signal: end.signal,
        headers: { 'Accept': 'application/json', 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body) });
      var answer = read(await r.text());
      if (r.ok && answer) return answer;
      if (r.status === 204) return {};
      // What is not ours (a page of the café's, an empty answer) says nothing about
      // what was sent; only that the server is in trouble is believed of it.
      throw fault(answer || r.status >= 500 ? r.status : 0, answer || {});
    } catch (e) {
      if (e.kind) throw e;
      e = fault(0, {});
      e.slow = end.signal.aborted;
      throw e;
    } finally {
      clearTimeout(timer);
    }
  }
  // read gives the object that our server answers with, null for anything else.
  function read(text) {
    try {
      var v = JSON.parse(text);
      return v && typeof v === 'object' ? v : null;
    } catch (e) { return null; }
  }
  function fault(status, answer) {
    var e = new Error('status ' + status);
    e.status = status;
    e.key = answer.key || '';
    e.detail = answer.detail || '';
    // Forbidden is what the evaluator may: then it is not the evaluator who is signed in.
    e.other = status === 403 && e.key !== 'device.revoked' || e.key === 'device.other_account';
    e.kind = status === 0 ? 'offline' : status === 401 || e.other ? 'signin' : status === 403 ? 'forbidden' : status >= 500 || status === 429 || status === 408 ? 'busy' : 'rejected';
    e.rejected = e.kind === 'rejected';
    return e;
  }
  function post(path, body) { return request('POST', path, body); }

  // The clock. offset is the phone's clock minus the server's, in ms.
  var clock = { offset: 0, after: null };
  function measure(serverTime, sentAt) {
    var t = Date.parse(serverTime);
    if (!isFinite(t)) return;
    clock = { offset: Math.round((sentAt + Date.now()) / 2 - t), after: serverTime };
  }
  // now is never before what the server's clock said last: that was.
  function now() { return Math.max(Date.now() - clock.offset, Date.parse(clock.after) || 0); }

  // alone runs fn in one tab at a time and gives null where another is at it.
  // Without the Web Locks API a lease in the store does the same.
  async function alone(store, account, what, fn) {
    if (navigator.locks) {
      return navigator.locks.request('gp-' + what + '-' + account, { ifAvailable: true }, function (lock) { return lock ? fn() : null; });
    }
    var me = gp.vault.uuid(), key = 'lease.' + what;
    function take() {
      return store.run('readwrite', ['meta'], function (s, out) {
        s.meta.get(key).onsuccess = function (e) {
          var l = e.target.result, t = Date.now();
          out.mine = !l || l.who === me || Math.abs(t - l.at) > 30000; // a clock put back must not lock for ever
          if (out.mine) s.meta.put({ who: me, at: t }, key);
        };
      });
    }
    if (!(await take()).mine) return null;
    var beat = setInterval(take, 10000);
    try { return await fn(); } finally {
      clearInterval(beat);
      await store.remove('meta', key);
    }
  }

  function caseLabel(id) { return 'case/' + id; }

  // pack fetches the cases and names of new ones, and removes what is no longer
  // this evaluator's to know.
  async function pack(app) {
    var old = await app.store.all('cases'), have = [], known = {};
    for (var i = 0; i < old.length; i++) {
      try { known[old[i].id] = await app.vault.open(old[i], caseLabel(old[i].id)); } catch (e) { continue; }
      if (known[old[i].id].person) have.push(old[i].id);
    }
    var sent = Date.now();
    var n = await app.queue.counts();
    var p = await post('/offline/pack', { device: app.device, have: have, about: { waiting: n.waiting, drafts: n.draft, stuck: n.refused, build: app.build } });
    if (!Array.isArray(p.cases)) throw fault(0, {});
    measure(p.server_time, sent);
    var rows = [];
    for (var k = 0; k < p.cases.length; k++) {
      var c = p.cases[k], before = known[c.id];
      if (!c.person && before && before.person) c.person = before.person;
      if (!c.keep_person) delete c.person;
      var sealed = await app.vault.seal(c, caseLabel(c.id));
      rows.push({ id: c.id, form: c.form, until: p.keep_until, iv: sealed.iv, ct: sealed.ct });
    }
    await app.store.run('readwrite', ['cases', 'meta'], function (s) {
      s.cases.clear();
      rows.forEach(function (r) { s.cases.put(r); });
      s.meta.put(clock, 'clock');
      s.meta.put(p.server_time, 'packed');
      s.meta.put(p.distance === true, 'distance');
      s.meta.put([p.left_out || 0, p.left_done || 0], 'left-out');
    });
    return p;
  }

  // forms fetches the forms that are lacking and drops those that no case and
  // no record needs any more.
  async function forms(app, cases) {
    var need = {}, from = {};
    cases.forEach(function (c) { need[c.form] = true; from[c.form] = c; });
    (await app.store.all('records')).forEach(function (r) { if (r.state !== 'sent' && r.form) need[r.form] = true; });
    var have = {};
    (await app.store.all('forms')).forEach(function (f) { have[f.key] = f; });
    for (var form in from) {
      var langs = from[form].languages, id = from[form].id;
      for (var i = 0; i < langs.length; i++) {
        var key = form + '/' + langs[i];
        if (have[key] && have[key].build === app.build) continue;
        var html = await page(form, '/app/offline/form/' + id + '?lang=' + encodeURIComponent(langs[i]));
        if (html) await app.store.put('forms', { key: key, build: app.build, html: html });
      }
    }
    for (var k in have) {
      var of = k.slice(0, k.lastIndexOf('/'));
      if (!need[of]) await app.store.remove('forms', k);
    }
  }

  // page fetches a form, '' where the server has another one there. That the
  // signal goes in between is no fault: the next round fetches it.
  async function page(form, path) {
    try {
      var r = await fetch(path, { credentials: 'same-origin', cache: 'no-store', signal: AbortSignal.timeout(PATIENCE) });
      return r.ok && r.headers.get('X-Gongping-Form') === form ? await r.text() : '';
    } catch (e) {
      throw fault(0, {});
    }
  }

  // sync does the whole round. It gives null where another tab is at it.
  function sync(app) {
    return alone(app.store, app.account.id, 'sync', async function () {
      var started = Date.now(), out = { sent: null };
      try { await gp.place.tell(app.store, app.account.id); } catch (e) {
        if (e.kind !== 'busy' && e.kind !== 'rejected') throw e; // else it is told next time, and holds up nothing
      }
      out.sent = await app.queue.send(async function (path, body) {
        var at = Date.now(), answer = await post(path, body);
        measure(answer.server_time, at);
        return answer;
      });
      var p = await pack(app);
      await app.queue.tidy(p.server_time);
      await forms(app, p.cases);
      out.at = p.server_time;
      await app.store.run('readwrite', ['meta', 'log'], function (s) {
        s.meta.put(p.server_time, 'synced');
        var n = out.sent.accepted + out.sent.duplicate + out.sent.held + out.sent.refused;
        if (n > 0) s.log.add({ at: p.server_time, sent: out.sent, ms: Date.now() - started, offset: clock.offset });
      });
      return out;
    });
  }

  gp.net = { request: request, post: post, sync: sync, alone: alone, caseLabel: caseLabel, measure: measure, now: now,
    clock: function () { return clock; }, setClock: function (c) { if (c) clock = c; } };
})();
