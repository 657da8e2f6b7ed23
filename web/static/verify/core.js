// Verification of a published draw, as docs/spec/draw-v1.md describes it. No
// network, no library. Runs after hash.js, in a browser page and in Node alike,
// and exports globalThis.GongpingVerify.
(function () {
  'use strict';

  const {
    Fault, need, subtle, decoder, hex, isHex, fromHex, sha256, pack, H, selfCheck,
    compareText, compareBytes, treeRoot, frameDigest, pathRoot,
  } = globalThis.GongpingHash;

  // Text forms.
  const validID = (s) => /^[0-9A-Za-z][0-9A-Za-z._#-]{0,63}$/.test(s) && !s.includes('\n');
  function number(s, check, what) {
    need(/^(0|[1-9][0-9]{0,12})$/.test(s) && Number(s) <= 2 ** 40, check, what + ': "' + s + '"');
    return Number(s);
  }
  const isTime = (s) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(s) && !Number.isNaN(Date.parse(s)) &&
    new Date(s).toISOString() === s.replace('Z', '.000Z');

  function lines(check, bytes) {
    let text;
    try { text = decoder.decode(bytes); } catch { throw new Fault(check, 'not UTF-8'); }
    const out = text.split('\n');
    need(out.pop() === '', check, 'the last line does not end');
    return out;
  }

  function fields(check, bytes, title, keys) {
    let rows = lines(check, bytes);
    if (title) {
      need(rows[0] === title, check, 'title "' + title + '" expected');
      rows = rows.slice(1);
    }
    need(rows.length === keys.length, check, rows.length + ' lines, expected ' + keys.length);
    const out = {};
    keys.forEach((key, i) => {
      need(rows[i].startsWith(key + ': ') && rows[i].length > key.length + 2, check, 'line "' + key + '" expected, found "' + rows[i].slice(0, 60) + '"');
      out[key] = rows[i].slice(key.length + 2);
      need(!/[\u0000-\u001f\u007f-\u009f]/.test(out[key]), check, key + ': no plain text');
    });
    return out;
  }

  function table(check, bytes, header, each) {
    const rows = lines(check, bytes);
    need(rows[0] === header, check, 'header "' + header + '" expected');
    const width = header.split(',').length;
    for (let i = 1; i < rows.length; i++) {
      const cell = rows[i].split(',');
      need(cell.length === width, check, 'line ' + (i + 1) + ' has ' + cell.length + ' cells, expected ' + width);
      each(cell, i + 1);
    }
  }

  // The container.
  const names = ['commitment.txt', 'commitment.sig', 'strata.csv', 'excluded.csv', 'reveal.txt', 'sample.csv', 'record.txt', 'record.sig', 'units.csv'];

  async function container(bytes) {
    let at = 0;
    function line() {
      const end = bytes.indexOf(10, at);
      need(end >= 0 && end - at <= 160, 'container', 'a section line is missing or too long');
      const text = Array.from(bytes.subarray(at, end), (c) => String.fromCharCode(c)).join('');
      at = end + 1;
      return text;
    }
    need(line() === 'gongping draw bundle v1', 'container', 'this is not a bundle of draw-v1');
    const out = {}, sums = {};
    for (const name of names) {
      const l = line();
      const m = /^--- ([a-z.]+) (0|[1-9][0-9]{0,14}) ([0-9a-f]{64})$/.exec(l);
      need(m && m[1] === name, 'container', 'section ' + name + ' expected, found "' + l.slice(0, 60) + '"');
      const n = Number(m[2]);
      need(at + n <= bytes.length, 'container', 'section ' + name + ' is cut off');
      out[name] = bytes.subarray(at, at + n);
      at += n;
      sums[name] = hex(await sha256(out[name]));
      need(sums[name] === m[3], 'container', 'section ' + name + ' has SHA-256 ' + sums[name] + ', its header says ' + m[3]);
    }
    const whole = hex(await sha256(bytes.subarray(0, at)));
    need(line() === '--- end ' + whole, 'container', 'the closing line does not give ' + whole);
    need(at === bytes.length, 'container', 'something follows the closing line');
    return { text: out, sums };
  }

  // Signatures. Returns false where the browser knows no Ed25519.
  async function signatures(c, trusted) {
    let checked = true, key = '';
    for (const name of ['commitment', 'record']) {
      const f = fields('signature', c.text[name + '.sig'], '', ['public_key', 'signature']);
      need(isHex(f.public_key, 64) && isHex(f.signature, 128), 'signature', name + ': not hexadecimal');
      need(!trusted || trusted === f.public_key, 'signature', name + ': signed with key ' + f.public_key + ', expected ' + trusted);
      need(!key || key === f.public_key, 'signature', 'commitment and record are signed with different keys');
      key = f.public_key;
      const message = pack(['gongping/draw/' + name + '/v1', c.text[name + '.txt']]);
      let k;
      try {
        k = await subtle.importKey('raw', fromHex(f.public_key), { name: 'Ed25519' }, false, ['verify']);
      } catch (e) {
        need(e.name !== 'DataError', 'signature', name + ': the key is unusable');
        checked = false;
        continue;
      }
      need(await subtle.verify({ name: 'Ed25519' }, k, fromHex(f.signature), message), 'signature', 'the signature of the ' + name + ' does not fit');
    }
    return { key, checked };
  }

  const seedForms = { dice: /^[1-6]{20,200}$/, lottery: /^[0-9]{1,4}(-[0-9]{1,4}){5,40}$/, beacon: /^[0-9a-f]{64,256}$/ };

  function documents(c) {
    // Where the units of two-stage strata are households, the commitment says so
    // in its title and names the frozen frame of persons too.
    const plain = 'gongping draw commitment v1';
    const first = decoder.decode(c.text['commitment.txt'].subarray(0, 60)).split('\n')[0];
    const homes = first === plain + ' households';
    const com = fields('commitment', c.text['commitment.txt'], homes ? first : plain,
      ['purpose', 'kind', 'frame', 'frame_digest', 'frame_units', ...(homes ? ['persons_digest', 'persons'] : []), 'units_sha256', 'strata_sha256', 'excluded_sha256', 'code_version',
        'randomness_kind', 'randomness_name', 'randomness_due', 'previous', 'committed_at']);
    const rev = fields('reveal', c.text['reveal.txt'], 'gongping draw reveal v1', ['commitment', 'seed', 'evidence', 'revealed_at']);
    const rec = fields('record', c.text['record.txt'], 'gongping draw record v1',
      ['commitment', 'reveal', 'sample_sha256', 'sample', 'reserve', 'code_version', 'drawn_at', 'draw_digest']);
    const same = (check, what, got, want) => need(got === want, check, what + ' ' + got + ', expected ' + want);
    same('commitment', 'strata.csv', c.sums['strata.csv'], com.strata_sha256);
    same('commitment', 'excluded.csv', c.sums['excluded.csv'], com.excluded_sha256);
    same('frame', 'units.csv', c.sums['units.csv'], com.units_sha256);
    if (homes) {
      number(com.persons, 'commitment', 'persons');
      need(isHex(com.persons_digest, 64), 'commitment', 'persons_digest');
    }
    need(validID(com.purpose), 'commitment', 'purpose');
    need(com.kind === 'main' || com.kind === 'topup', 'commitment', 'kind');
    need(com.previous === 'none' || isHex(com.previous, 64), 'commitment', 'previous');
    need(isTime(com.committed_at) && isTime(com.randomness_due), 'commitment', 'a time is not written as it must be');
    need(com.randomness_due > com.committed_at, 'commitment', 'the randomness was due before the commitment');
    same('reveal', 'commitment', rev.commitment, c.sums['commitment.txt']);
    const form = Object.hasOwn(seedForms, com.randomness_kind) && seedForms[com.randomness_kind];
    need(form, 'commitment', 'randomness_kind');
    need(form.test(rev.seed), 'reveal', 'the seed has not the form of ' + com.randomness_kind);
    need(isTime(rev.revealed_at) && rev.revealed_at >= com.randomness_due, 'reveal', 'revealed before the randomness was due');
    same('record', 'commitment', rec.commitment, c.sums['commitment.txt']);
    same('record', 'reveal', rec.reveal, c.sums['reveal.txt']);
    same('record', 'sample.csv', rec.sample_sha256, c.sums['sample.csv']);
    const draw = hex(H('gongping/draw/digest/v1', fromHex(rec.commitment), fromHex(rec.reveal), fromHex(rec.sample_sha256)));
    same('record', 'draw digest', rec.draw_digest, draw);
    need(isTime(rec.drawn_at) && rec.drawn_at >= rev.revealed_at, 'record', 'drawn before the reveal');
    return { com, rev, rec, homes };
  }

  const methods = ['simple', 'census', 'pps-systematic', 'sequential-poisson', 'two-stage-pps', 'two-stage-simple'];

  function readStrata(bytes) {
    const out = new Map();
    let last = '';
    table('strata', bytes, 'stratum,method,population,total,sample,reserve,clusters', (cell, n) => {
      need(validID(cell[0]) && cell[0] > last, 'strata', 'line ' + n + ': stratum out of order');
      need(methods.includes(cell[1]), 'strata', 'line ' + n + ': method');
      const v = cell.slice(2).map((s) => number(s, 'strata', 'line ' + n));
      need(v[4] === 0 || cell[1].startsWith('two-stage'), 'strata', 'line ' + n + ': clusters in a stratum of one stage');
      need(Math.max(v[2], v[3], v[4]) <= 2 ** 22, 'strata', 'line ' + n + ': too many units');
      last = cell[0];
      out.set(last, { name: last, method: cell[1], population: v[0], total: v[1], sample: v[2], reserve: v[3], clusters: v[4], size: 0, units: [] });
    });
    return out;
  }

  async function readUnits(c, doc, strata, progress) {
    const excluded = new Set();
    let last = '';
    table('excluded', c.text['excluded.csv'], 'frame_id', (cell, n) => {
      need(validID(cell[0]) && cell[0] > last, 'excluded', 'line ' + n);
      last = cell[0];
      excluded.add(last);
    });
    need(!excluded.size || doc.com.kind === 'topup', 'excluded', 'a main draw excludes nobody, this one ' + excluded.size);
    last = '';
    const rows = [];
    table('units', c.text['units.csv'], 'frame_id,area,private,stratum,cluster,household,size', (cell, n) => {
      const ids = [cell[3], cell[4], cell[5]].every((s) => s === '' || validID(s));
      need(validID(cell[0]) && validID(cell[1]) && ids && isHex(cell[2], 64), 'units', 'line ' + n);
      need(cell[0] > last, 'units', 'line ' + n + ': frame id out of order or twice');
      last = cell[0];
      cell[6] = number(cell[6], 'units', 'line ' + n);
      rows.push(cell);
    });
    let found = 0;
    const leaves = [];
    for (let i = 0; i < rows.length; i++) {
      const r = rows[i];
      leaves.push(H('gongping/frame/leaf/v1', r[0], r[1], fromHex(r[2])));
      if (i % 5000 === 4999) {
        progress(i / rows.length);
        await new Promise((done) => setTimeout(done)); // lets the page breathe
      }
      if (excluded.has(r[0])) { found++; continue; }
      if (r[3] === '') continue;
      const s = strata.get(r[3]);
      need(s, 'units', 'stratum ' + r[3] + ' is not in the plan');
      need(!s.method.startsWith('two-stage') || (r[4] && r[5]), 'units', r[0] + ': cluster and household are missing');
      need(!doc.homes || r[5] === r[0] || (r[5] === '' && !s.method.startsWith('two-stage')), 'units', r[0] + ': a household stands in one line, under its own id');
      const sized = s.method === 'pps-systematic' || s.method === 'sequential-poisson';
      s.size += sized ? r[6] : 0;
      const ticket = H('gongping/draw/ticket/v1', doc.rev.seed, doc.com.purpose, r[0]);
      s.units.push({ id: r[0], cluster: r[4], house: r[5], size: BigInt(sized ? r[6] : 0), ticket });
    }
    need(hex(frameDigest(leaves.length, treeRoot(leaves))) === doc.com.frame_digest, 'frame', 'the frame digest differs');
    need(doc.com.frame_units === String(leaves.length), 'frame', 'the number of units differs');
    need(found === excluded.size, 'excluded', 'an excluded id is not in the frame');
    for (const s of strata.values()) {
      need(s.units.length === s.population && s.size === s.total, 'strata', 'stratum ' + s.name + ' has ' + s.units.length + ' units of size ' + s.size);
    }
    const chance = (s) => s.method === 'census' || (s.sample > 0 && (s.clusters > 0 || !s.method.startsWith('two-stage')));
    return { units: leaves.length, excluded: excluded.size, scope: [...strata.values()].filter(chance).reduce((n, s) => n + s.units.length, 0) };
  }

  // Selection.
  const word = (u) => new DataView(u.ticket.buffer, u.ticket.byteOffset).getBigUint64(0);
  const byTicket = (a, b) => compareBytes(a.ticket, b.ticket) || compareText(a.id, b.id);
  const compareBig = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const byShare = (a, b) => compareBig(word(a) * b.size, word(b) * a.size) || byTicket(a, b);
  const gcd = (a, b) => { while (b) [a, b] = [b, a % b]; return a; };
  const rat = (n, d) => { const g = gcd(n, d); return { n: n / g, d: d / g }; };
  const times = (a, b) => rat(a.n * b.n, a.d * b.d);

  function simple(units, n, population) {
    const u = units.slice().sort(byTicket);
    const k = Math.min(n, u.length);
    return { sample: u.slice(0, k), rest: u.slice(k), prob: Array(k).fill(k ? rat(BigInt(k), BigInt(population)) : null) };
  }

  function certain(units, n) {
    const u = units.filter((x) => x.size > 0n).sort((a, b) => compareBig(b.size, a.size) || byTicket(a, b));
    let total = u.reduce((sum, x) => sum + x.size, 0n), left = n, k = 0;
    while (k < u.length && left > 0 && BigInt(left) * u[k].size >= total) { total -= u[k].size; left--; k++; }
    const sample = u.slice(0, k).sort(byTicket);
    return { sample, prob: sample.map(() => rat(1n, 1n)), others: u.slice(k), left, total, rest: [] };
  }

  function poisson(units, n) {
    const c = certain(units, n);
    c.others.sort(byShare).forEach((u, i) => {
      if (i >= c.left) { c.rest.push(u); return; }
      c.sample.push(u);
      c.prob.push(rat(BigInt(c.left) * u.size, c.total));
    });
    return c;
  }

  function systematic(units, n, start) {
    const c = certain(units, n);
    const two64 = 1n << 64n;
    let at = word({ ticket: start }), end = 0n, taken = 0;
    for (const u of c.others.sort(byTicket)) {
      end += u.size;
      if (taken < c.left && at * c.total < end * BigInt(c.left) * two64) {
        c.sample.push(u);
        c.prob.push(rat(BigInt(c.left) * u.size, c.total));
        at += two64;
        taken++;
      } else c.rest.push(u);
    }
    c.rest.sort(byShare);
    return c;
  }

  function linesOf(c, reserve) {
    const line = (u, i, role, p) => ({ id: u.id, ticket: u.ticket, role, order: i + 1, prob: p, cluster: '' });
    return c.sample.map((u, i) => line(u, i, 'sample', c.prob[i])).concat(c.rest.slice(0, reserve).map((u, i) => line(u, i, 'reserve', null)));
  }

  const groups = (list, key) => {
    const m = new Map();
    for (const x of list) { if (!m.has(key(x))) m.set(key(x), []); m.get(key(x)).push(x); }
    return m;
  };

  function twoStage(s, seed, purpose) {
    const persons = groups(s.units, (u) => u.cluster);
    const clusters = [];
    for (const [id, list] of persons) {
      clusters.push({ id, size: BigInt(list.length), ticket: H('gongping/draw/cluster/v1', seed, purpose, s.name, id) });
    }
    const first = s.method === 'two-stage-pps' ? systematic(clusters, s.clusters, H('gongping/draw/start/v1', seed, purpose, s.name))
      : simple(clusters, s.clusters, clusters.length);
    const chosen = first.sample.map((c, i) => ({ id: c.id, prob: first.prob[i] })).sort((a, b) => compareText(a.id, b.id));
    const out = [];
    for (const c of chosen) {
      const members = groups(persons.get(c.id), (u) => u.house);
      const homes = [];
      for (const id of members.keys()) homes.push({ id, ticket: H('gongping/draw/household/v1', seed, purpose, s.name, c.id, id) });
      for (const l of linesOf(simple(homes, s.sample, homes.length), s.reserve)) {
        const m = members.get(l.id).sort(byTicket);
        if (l.prob) l.prob = times(times(c.prob, l.prob), rat(1n, BigInt(m.length)));
        out.push({ ...l, cluster: c.id, id: m[0].id, ticket: m[0].ticket });
      }
    }
    return out;
  }

  function drawStratum(s, seed, purpose) {
    switch (s.method) {
      case 'simple': return linesOf(simple(s.units, s.sample, s.population), s.reserve);
      case 'census': return linesOf(simple(s.units, s.units.length, s.population), 0);
      case 'sequential-poisson': return linesOf(poisson(s.units, s.sample), s.reserve);
      case 'pps-systematic': return linesOf(systematic(s.units, s.sample, H('gongping/draw/start/v1', seed, purpose, s.name)), s.reserve);
      default: return twoStage(s, seed, purpose);
    }
  }

  // verifyBundle repeats the draw of a bundle. It throws a Fault naming the first
  // difference.
  async function verifyBundle(bytes, trusted, progress) {
    await selfCheck();
    const c = await container(bytes);
    const signed = await signatures(c, trusted);
    const doc = documents(c);
    const strata = readStrata(c.text['strata.csv']);
    const frame = await readUnits(c, doc, strata, progress || (() => {}));
    const want = ['stratum,cluster,role,order,frame_id,ticket,probability'];
    const roles = new Map();
    const count = { sample: 0, reserve: 0 };
    for (const name of [...strata.keys()].sort(compareText)) {
      for (const l of drawStratum(strata.get(name), doc.rev.seed, doc.com.purpose)) {
        count[l.role]++;
        const prob = l.prob ? l.prob.n + '/' + l.prob.d : '';
        roles.set(l.id, { stratum: name, role: l.role, order: l.order, probability: prob });
        want.push([name, l.cluster, l.role, l.order, l.id, hex(l.ticket), prob].join(','));
      }
    }
    const got = lines('sample', c.text['sample.csv']);
    for (let i = 0; i < Math.max(got.length, want.length); i++) {
      need(got[i] === want[i], 'sample', 'line ' + (i + 1) + ' is "' + got[i] + '", the draw gives "' + want[i] + '"');
    }
    need(doc.rec.sample === String(count.sample) && doc.rec.reserve === String(count.reserve), 'record', 'the counts differ');
    return { ...doc, ...frame, strata: strata.size, ...count, roles, key: signed.key, signatureChecked: signed.checked };
  }

  const privateFields = ['household', 'person', 'exact_area', 'building', 'sex', 'birth_year', 'tenure', 'contact', 'status', 'identity'];

  const partTitle = 'gongping household receipt v1';

  // parts splits a receipt: itself, and a part for each round whose units are
  // households.
  function parts(bytes) {
    let text;
    try { text = decoder.decode(bytes); } catch { throw new Fault('receipt', 'not UTF-8'); }
    const list = text.split('\n' + partTitle + '\n');
    const encode = (s) => new TextEncoder().encode(s);
    return list.map((s, i) => encode((i ? partTitle + '\n' : '') + s + (i + 1 < list.length ? '\n' : '')));
  }

  const digests = (text) => (text === '-' ? [] : text.split(' '));

  // homePart checks that the holder stands at the place named, that salt and
  // members give the household's commitment, and that it is in the round's list.
  function homePart(bytes, area, leaf) {
    const f = fields('receipt', bytes, partTitle, ['frame_digest', 'frame_units', 'index', 'household', 'household_salt', 'place', 'member_salt', 'members', 'path']);
    const members = digests(f.members), path = digests(f.path);
    need([f.frame_digest, ...members, ...path].every((s) => isHex(s, 64)), 'receipt', 'household part: a digest is not written as it must be');
    const units = number(f.frame_units, 'receipt', 'frame_units'), index = number(f.index, 'receipt', 'index'), place = number(f.place, 'receipt', 'place');
    const alone = f.household === '-';
    if (alone) need(place === 0 && !members.length && f.household_salt === '-' && f.member_salt === '-', 'receipt', 'household part: a person with a row of their own has no household');
    else {
      need(validID(f.household) && isHex(f.household_salt, 64) && isHex(f.member_salt, 64), 'receipt', 'household part: a digest or id is not written as it must be');
      need(members[place - 1] === hex(H('gongping/draw/member/v1', fromHex(f.member_salt), leaf)), 'receipt', 'household part: the holder does not stand at place ' + place);
      leaf = H('gongping/frame/leaf/v1', f.household, area, H('gongping/draw/home/v1', fromHex(f.household_salt), ...members.map(fromHex)));
    }
    const root = pathRoot(leaf, index, units, path.map(fromHex));
    need(root && hex(frameDigest(units, root)) === f.frame_digest, 'receipt', 'household part: it does not lead to digest ' + f.frame_digest);
    return { frame_digest: f.frame_digest, household: alone ? '' : f.household, place, members: members.length };
  }

  // atHome says who of a household was drawn: the place with the smallest ticket.
  function atHome(report, part) {
    const { seed } = report.rev, { purpose } = report.com;
    const tickets = [];
    for (let i = 1; i <= part.members; i++) tickets.push({ id: '', place: i, ticket: H('gongping/draw/place/v1', seed, purpose, part.household, String(i)) });
    const own = tickets[part.place - 1];
    const home = report.roles.get(part.household);
    const out = { ticket: hex(own.ticket), role: 'none', household: part.household, household_role: home ? home.role : 'none', place: part.place, members: part.members };
    if (!home) return out;
    out.stratum = home.stratum;
    out.order = home.order;
    if (tickets.sort(byTicket)[0] !== own) return out;
    out.role = home.role;
    if (home.probability) {
      const [n, d] = home.probability.split('/').map(BigInt);
      const p = times(rat(n, d), rat(1n, BigInt(part.members)));
      out.probability = p.n + '/' + p.d;
    }
    return out;
  }

  // verifyReceipt checks a receipt by itself and, given the report of a verified
  // bundle, says what became of its holder.
  async function verifyReceipt(bytes, report) {
    await selfCheck();
    const [own, ...more] = parts(bytes);
    const f = fields('receipt', own, 'gongping frame receipt v1', ['frame', 'frame_digest', 'frame_units', 'index', 'frame_id', 'area', 'salt', ...privateFields, 'path']);
    const path = digests(f.path);
    need([f.salt, f.frame_digest, ...path].every((s) => isHex(s, 64)) && validID(f.frame_id) && validID(f.area), 'receipt', 'a digest or id is not written as it must be');
    const units = number(f.frame_units, 'receipt', 'frame_units'), index = number(f.index, 'receipt', 'index');
    const secret = H('gongping/frame/private/v1', fromHex(f.salt), ...privateFields.map((k) => (f[k] === '-' ? '' : f[k])));
    const leaf = H('gongping/frame/leaf/v1', f.frame_id, f.area, secret);
    const root = pathRoot(leaf, index, units, path.map(fromHex));
    need(root && hex(frameDigest(units, root)) === f.frame_digest, 'receipt', 'the record does not lead to frame digest ' + f.frame_digest);
    const homes = more.map((part) => homePart(part, f.area, leaf));
    const out = { frame: f.frame, frame_digest: f.frame_digest, frame_id: f.frame_id };
    if (!report) return out;
    if (report.homes) {
      need(report.com.persons_digest === f.frame_digest, 'receipt', 'the receipt is for another frame');
      const part = homes.find((p) => p.frame_digest === report.com.frame_digest);
      need(part, 'receipt', 'the receipt was made before this draw and says nothing about it: ask for a new one');
      if (part.household) return { ...out, ...atHome(report, part) };
    } else need(report.com.frame_digest === f.frame_digest, 'receipt', 'the receipt is for another frame');
    out.ticket = hex(H('gongping/draw/ticket/v1', report.rev.seed, report.com.purpose, f.frame_id));
    return { ...out, role: 'none', ...report.roles.get(f.frame_id) };
  }

  globalThis.GongpingVerify = { verifyBundle, verifyReceipt, Fault };
})();
