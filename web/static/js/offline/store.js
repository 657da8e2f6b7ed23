// The phone's store: one IndexedDB database per account. Rows hold their id,
// their state and sealed bytes (vault.js); nothing else of a person or an
// answer stands in it.
//
//   meta     key → value: device, wrapped keys, clock, lockout, route
//   cases    id → sealed case with whom to ask
//   records  id → a try or an interview: draft, waiting, sent, held, refused
//   forms    "questionnaire/version/language" → form as the server rendered it
//   log      n → what a synchronisation did
//
// A change of the layout is a further entry of STEPS: it runs inside the
// upgrade, so either all rows are moved or none. Rows are never dropped there.
// What is inside the sealed bytes has its own format number (queue.js).
(function () {
  'use strict';
  var gp = window.gpField = window.gpField || {};

  var STEPS = [
    function (db) {
      db.createObjectStore('meta');
      db.createObjectStore('cases', { keyPath: 'id' });
      var r = db.createObjectStore('records', { keyPath: 'id' });
      r.createIndex('state', 'state');
      r.createIndex('case', 'case');
      db.createObjectStore('forms', { keyPath: 'key' });
      db.createObjectStore('log', { autoIncrement: true });
    }
  ];

  function done(request) {
    return new Promise(function (ok, fail) {
      request.onsuccess = function () { ok(request.result); };
      request.onerror = function () { fail(request.error); };
    });
  }

  function name(account) { return 'gp-field-' + account; }

  // open opens the store of an account. onold is called when another tab needs
  // a newer layout: this tab has let go of the store and must be loaded again.
  function open(account, onold) {
    return new Promise(function (ok, fail) {
      var req = indexedDB.open(name(account), STEPS.length);
      req.onupgradeneeded = function (e) {
        for (var i = e.oldVersion; i < STEPS.length; i++) STEPS[i](req.result, req.transaction);
      };
      req.onerror = function () { fail(req.error); };
      req.onblocked = function () { if (onold) onold('blocked'); };
      req.onsuccess = function () {
        var db = req.result;
        if (!db.objectStoreNames.length) { // nothing in it: left by somebody who only looked
          db.close();
          done(indexedDB.deleteDatabase(name(account))).then(function () { return open(account, onold); }).then(ok, fail);
          return;
        }
        var store = new Store(db);
        db.onversionchange = function () { store.close(); if (onold) onold('newer'); };
        ok(store);
      };
    });
  }

  // gone: the store was let go of, and the page is about to be loaded again.
  function Store(db) { this.db = db; this.gone = false; }

  // run calls fn with the stores of one transaction and resolves after its
  // commit with what fn has left in out. fn uses requests only, no promises, so
  // that the transaction lives on in every browser.
  Store.prototype.run = function (mode, names, fn) {
    var db = this.db;
    return new Promise(function (ok, fail) {
      var tx;
      try {
        tx = db.transaction(names, mode, mode === 'readwrite' ? { durability: 'strict' } : undefined);
      } catch (e) { fail(e); return; }
      var out = {}, s = {};
      names.forEach(function (n) { s[n] = tx.objectStore(n); });
      tx.oncomplete = function () { ok(out); };
      tx.onabort = function () {
        var e = out.refused || tx.error || new Error('aborted');
        if (!out.refused) e.kind = 'unkept'; // the telephone is full, say
        fail(e);
      };
      fn(s, out, tx);
    });
  };
  // What still wants to read when the store is gone would draw a page that goes,
  // too: it waits for ever. A write fails, so that nobody takes it for done.
  function get1(method) {
    return function (store, arg) {
      var db = this.db;
      if (this.gone) return new Promise(function () {});
      return done(db.transaction([store]).objectStore(store)[method](arg));
    };
  }
  Store.prototype.get = get1('get');
  Store.prototype.all = get1('getAll');
  Store.prototype.put = function (store, value, key) {
    return this.run('readwrite', [store], function (s) { if (key === undefined) s[store].put(value); else s[store].put(value, key); });
  };
  Store.prototype.remove = function (store, key) {
    return this.run('readwrite', [store], function (s) { s[store].delete(key); });
  };
  Store.prototype.meta = function (key) { return this.get('meta', key); };
  Store.prototype.setMeta = function (key, value) { return this.put('meta', value, key); };
  Store.prototype.close = function () { this.gone = true; this.db.close(); };

  // forget removes what names people and the key that opens without the server.
  // What waits to be sent stays, sealed: it opens again at the next sign-in.
  function forget(store) {
    return store.run('readwrite', ['meta', 'cases'], function (s) {
      s.cases.clear();
      s.meta.delete('wrap.code');
    });
  }

  // expire removes names that were not fetched again in time, and tells how many;
  // rows say until when.
  function expire(store, now) {
    return store.run('readwrite', ['cases'], function (s, out) {
      out.n = 0;
      s.cases.openCursor().onsuccess = function (e) {
        var c = e.target.result;
        if (!c) return;
        if (c.value.until < now) { c.delete(); out.n++; }
        c.continue();
      };
    });
  }

  // expireOthers does so for the other accounts of this phone, whose evaluators may
  // not come back to it. Their stores are let go of at once.
  async function expireOthers(account, now) {
    var list = indexedDB.databases ? await indexedDB.databases() : [];
    for (var i = 0; i < list.length; i++) {
      if (list[i].name.indexOf(name('')) !== 0 || list[i].name === name(account)) continue;
      var db = await done(indexedDB.open(list[i].name));
      try { if (db.objectStoreNames.contains('cases')) await expire(new Store(db), now); } finally { db.close(); }
    }
  }

  gp.store = { open: open, expireOthers: expireOthers, forget: forget, expire: expire, name: name, STEPS: STEPS };
})();
