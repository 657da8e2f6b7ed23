// Keys and sealing. A random key (AES-256-GCM) seals everything on the phone.
// It is itself kept only in sealed form: under a key that the server hands out
// to the signed-in evaluator, and, if the evaluator wants to work where there
// is no signal after a restart, under the own offline code. The open key lives
// in the memory of this page only and cannot be read out of it.
// docs/decisions: "The phone in the field" has the threats and what this costs.
(function () {
  'use strict';
  var gp = window.gpField = window.gpField || {};
  var ROUNDS = 600000; // of PBKDF2-SHA-256, OWASP 2023
  var TRIES = 10;      // wrong codes before the code is forgotten
  var enc = new TextEncoder(), dec = new TextDecoder();

  function random(n) { return crypto.getRandomValues(new Uint8Array(n)); }
  function bytes(b64) { return Uint8Array.from(atob(b64), function (c) { return c.charCodeAt(0); }); }
  function base64(buf) {
    var u = new Uint8Array(buf), s = '';
    for (var i = 0; i < u.length; i += 8192) s += String.fromCharCode.apply(null, u.subarray(i, i + 8192));
    return btoa(s);
  }
  function hex(n) { return n.toString(16).padStart(2, '0'); }
  function uuid() {
    var b = random(16);
    b[6] = b[6] & 15 | 64;
    b[8] = b[8] & 63 | 128;
    var s = Array.from(b, hex).join('');
    return s.slice(0, 8) + '-' + s.slice(8, 12) + '-' + s.slice(12, 16) + '-' + s.slice(16, 20) + '-' + s.slice(20);
  }

  // fromSecret makes one of the keys of the server's secret (HKDF, RFC 5869).
  async function fromSecret(secret, info, usages) {
    var k = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
    return crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: enc.encode(info) }, k,
      { name: 'AES-GCM', length: 256 }, true, usages);
  }
  async function fromCode(code, salt) {
    var k = await crypto.subtle.importKey('raw', enc.encode(code.normalize('NFKC').trim()), 'PBKDF2', false, ['deriveKey']);
    return crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt: salt, iterations: ROUNDS }, k,
      { name: 'AES-GCM', length: 256 }, false, ['wrapKey', 'unwrapKey']);
  }
  async function wrap(key, under) {
    var iv = random(12);
    return { iv: iv, ct: await crypto.subtle.wrapKey('raw', key, under, { name: 'AES-GCM', iv: iv }) };
  }
  function unwrap(w, under, extractable, usages) {
    return crypto.subtle.unwrapKey('raw', w.ct, under, { name: 'AES-GCM', iv: w.iv }, 'AES-GCM', extractable, usages || ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']);
  }

  function Vault(store, key, exporting) { this.store = store; this.key = key; this.exporting = exporting; }

  // online opens the vault with the server's secret, and makes it the first time.
  async function online(store, secret) {
    var under = await fromSecret(secret, 'gongping device wrap v1', ['wrapKey', 'unwrapKey']);
    if (!await store.meta('wrap.server')) {
      var fresh = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']);
      var exp = await fromSecret(secret, 'gongping queue export v1', ['encrypt']);
      var made = { server: await wrap(fresh, under), exporting: await wrap(exp, fresh) };
      await store.run('readwrite', ['meta'], function (s) {
        // Two tabs may be here at once: the first key stays.
        s.meta.get('wrap.server').onsuccess = function (e) {
          if (e.target.result) return;
          s.meta.put(made.server, 'wrap.server');
          s.meta.put(made.exporting, 'wrap.export');
        };
      });
    }
    return opened(store, await unwrap(await store.meta('wrap.server'), under, false));
  }
  async function opened(store, key) {
    var exp = await unwrap(await store.meta('wrap.export'), key, false, ['encrypt']);
    try { await store.setMeta('tries', 0); } catch (e) { if (e.kind !== 'unkept') throw e; } // a full phone opens, too
    return new Vault(store, key, exp);
  }

  // setCode lets the vault open with a code, without the server.
  async function setCode(store, secret, code) {
    var under = await fromSecret(secret, 'gongping device wrap v1', ['wrapKey', 'unwrapKey']);
    var key = await unwrap(await store.meta('wrap.server'), under, true);
    var salt = random(16), w = await wrap(key, await fromCode(code, salt));
    w.salt = salt;
    await store.setMeta('wrap.code', w);
    await store.setMeta('tries', 0);
  }
  // goodCode: long enough, and not digits alone.
  function goodCode(code) { return Array.from(code.trim()).length >= 8 && /[^\d]/.test(code.trim()); }

  // offline opens the vault with the code. After too many wrong ones the code
  // is forgotten and only the server's key is left.
  async function offline(store, code) {
    var w = await store.meta('wrap.code');
    if (!w) throw wrong('none', 0);
    var tries = (await store.meta('tries') || 0) + 1;
    await store.setMeta('tries', tries); // before the try, so that killing the page saves none
    var key;
    try {
      key = await unwrap(w, await fromCode(code, w.salt), false);
    } catch (e) {
      if (tries >= TRIES) await store.remove('meta', 'wrap.code');
      throw wrong(tries >= TRIES ? 'forgotten' : 'code', TRIES - tries);
    }
    return opened(store, key);
  }
  function wrong(what, left) {
    var e = new Error(what);
    e.code = what;
    e.left = left;
    return e;
  }

  // seal and open bind the bytes to their place by the label.
  Vault.prototype.seal = async function (value, label) {
    var iv = random(12);
    return { iv: iv, ct: await crypto.subtle.encrypt({ name: 'AES-GCM', iv: iv, additionalData: enc.encode(label) }, this.key, enc.encode(JSON.stringify(value))) };
  };
  Vault.prototype.open = async function (sealed, label) {
    var plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.iv, additionalData: enc.encode(label) }, this.key, sealed.ct);
    return JSON.parse(dec.decode(plain));
  };
  // file seals a queue for the server, to be carried there by hand.
  Vault.prototype.file = async function (head, value) {
    var iv = random(12);
    var label = [head.format, head.v, head.district, head.account, head.device, head.made_at].join('\n');
    var ct = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: iv, additionalData: enc.encode(label) }, this.exporting, enc.encode(JSON.stringify(value)));
    return JSON.stringify(Object.assign({}, head, { iv: base64(iv), data: base64(ct) }));
  };

  gp.vault = { online: online, offline: offline, setCode: setCode, goodCode: goodCode, uuid: uuid, bytes: bytes };
})();
