// Bytes, SHA-256 and the tree of the frame, as docs/spec/draw-v1.md describes
// them (sections 2 and 3). Files and signatures are checked by WebCrypto. The
// many small hashes of a large frame would take minutes there, one promise each,
// so they are computed here, after a comparison with WebCrypto.
(function () {
  'use strict';

  class Fault extends Error {
    constructor(check, detail) {
      super(check + ': ' + detail);
      this.check = check;
      this.detail = detail;
    }
  }
  const need = (ok, check, detail) => { if (!ok) throw new Fault(check, detail); };

  // Bytes.
  const encoder = new TextEncoder();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const subtle = globalThis.crypto && globalThis.crypto.subtle;
  function bytesOf(x) {
    if (typeof x !== 'string') return x;
    const out = new Uint8Array(x.length);
    for (let i = 0; i < x.length; i++) {
      const c = x.charCodeAt(i);
      if (c > 127) return encoder.encode(x);
      out[i] = c;
    }
    return out;
  }
  const hex = (b) => Array.from(b, (v) => v.toString(16).padStart(2, '0')).join('');
  const isHex = (s, n) => s.length === n && /^[0-9a-f]*$/.test(s);
  const fromHex = (s) => {
    const out = new Uint8Array(s.length / 2);
    for (let i = 0; i < out.length; i++) out[i] = parseInt(s.slice(2 * i, 2 * i + 2), 16);
    return out;
  };
  const sha256 = async (b) => new Uint8Array(await subtle.digest('SHA-256', b));

  function pack(fields) {
    const parts = fields.map(bytesOf);
    const out = new Uint8Array(parts.reduce((n, p) => n + 4 + p.length, 0));
    const view = new DataView(out.buffer);
    let at = 0;
    for (const p of parts) {
      view.setUint32(at, p.length);
      out.set(p, at + 4);
      at += 4 + p.length;
    }
    return out;
  }
  const H = (...fields) => digest(pack(fields));

  // SHA-256 (FIPS 180-4). The constants are the first 32 bits of the fractional
  // parts of the cube and square roots of the first primes.
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  // root gives floor(p^(1/k)·2^32) mod 2^32 in whole numbers.
  function root(p, k) {
    const target = BigInt(p) << BigInt(32 * k);
    let low = 0n, high = 1n << 40n;
    while (high - low > 1n) {
      const mid = (low + high) >> 1n;
      if (mid ** BigInt(k) <= target) low = mid; else high = mid;
    }
    return Number(low & 0xffffffffn);
  }
  const K = Int32Array.from(primes, (p) => root(p, 3) | 0);
  const initial = Int32Array.from(primes.slice(0, 8), (p) => root(p, 2) | 0);
  const W = new Int32Array(64);
  const scratch = new Uint8Array(512); // spares an allocation for each small hash
  const scratchView = new DataView(scratch.buffer);

  function digest(message) {
    const size = ((message.length + 8) >> 6) * 64 + 64;
    const padded = size <= scratch.length ? scratch.fill(0, message.length, size) : new Uint8Array(size);
    padded.set(message);
    padded[message.length] = 0x80;
    const view = padded === scratch ? scratchView : new DataView(padded.buffer);
    view.setUint32(size - 8, Math.floor(message.length / 2 ** 29));
    view.setUint32(size - 4, (message.length << 3) >>> 0);
    const state = initial.slice();
    for (let at = 0; at < size; at += 64) block(view, at, state);
    const out = new Uint8Array(32);
    const result = new DataView(out.buffer);
    for (let i = 0; i < 8; i++) result.setInt32(4 * i, state[i]);
    return out;
  }

  function block(view, at, state) {
    for (let i = 0; i < 16; i++) W[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < 64; i++) {
      const x = W[i - 15], y = W[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
    }
    let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }

  // selfCheck compares both ways of hashing at every length around the block
  // boundaries.
  async function selfCheck() {
    need(subtle, 'browser', 'this browser offers no WebCrypto here');
    for (let n = 0; n < 200; n++) {
      const message = Uint8Array.from({ length: n }, (_, i) => (i * 31 + n) & 255);
      need(compareBytes(digest(message), await sha256(message)) === 0, 'browser', 'SHA-256 is computed wrongly here');
    }
  }

  const compareText = (a, b) => (a < b ? -1 : a > b ? 1 : 0); // ids are ASCII
  function compareBytes(a, b) {
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
    return 0;
  }

  // The tree of the frame: neighbours are joined level by level, a last one
  // without neighbour moves up. That is the shape of RFC 6962.
  const node = (l, r) => H('gongping/merkle/node/v1', l, r);
  function treeRoot(level) {
    if (level.length === 0) return H('gongping/merkle/empty/v1');
    while (level.length > 1) {
      const next = [];
      for (let k = 0; k < level.length; k += 2) next.push(k + 1 < level.length ? node(level[k], level[k + 1]) : level[k]);
      level = next;
    }
    return level[0];
  }
  const frameDigest = (count, root) => H('gongping/frame/digest/v1', String(count), root);

  // The root that a path leads to, null when the path does not fit the place.
  function pathRoot(leaf, index, count, path) {
    if (index >= count) return null;
    const right = [];
    for (let size = count, at = index; size > 1;) {
      let half = 1;
      while (half * 2 < size) half *= 2;
      right.push(at >= half);
      if (at >= half) { size -= half; at -= half; } else { size = half; }
    }
    if (right.length !== path.length) return null;
    for (let k = 0; k < path.length; k++) {
      leaf = right[right.length - 1 - k] ? node(path[k], leaf) : node(leaf, path[k]);
    }
    return leaf;
  }

  globalThis.GongpingHash = {
    Fault, need, subtle, decoder, hex, isHex, fromHex, sha256, pack, H, selfCheck,
    compareText, compareBytes, treeRoot, frameDigest, pathRoot,
  };
})();
