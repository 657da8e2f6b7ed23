// The queue: what was recorded on the phone until the server has it. Every
// record has its own id, names the version of its questionnaire and the format
// of its content, and leaves the queue only by an answer of the server.
(function () {
  'use strict';
  var gp = window.gpField = window.gpField || {};
  var BATCH = 20;

  // FORMAT is that of what is written now; UPGRADE[n] turns content of format n
  // into format n + 1, when it is read.
  gp.FORMAT = 1;
  gp.UPGRADE = {};

  function label(r) { return 'record/' + r.id + '/' + r.kind + '/' + r.fmt; }

  function Queue(store, vault, account) {
    this.store = store;
    this.vault = vault;
    this.account = account;
    this.size = BATCH;
    this.on = function () {};
  }

  // content opens a record, in today's format.
  Queue.prototype.content = async function (r) {
    if (r.fmt > gp.FORMAT) throw refused('newer'); // another tab has a newer app: it will send it
    var v = await this.vault.open(r, label(r));
    for (var f = r.fmt; f < gp.FORMAT; f++) v = gp.UPGRADE[f](v);
    return v;
  };
  Queue.prototype.row = async function (r, content) {
    r.fmt = gp.FORMAT;
    var sealed = await this.vault.seal(content, label(r));
    r.iv = sealed.iv;
    r.ct = sealed.ct;
    return r;
  };

  // begin returns the draft of a case, an old one if there is one, so that two
  // tabs write the same interview under the same id. It is refused where the
  // case has an interview already.
  Queue.prototype.begin = async function (kase, content) {
    var fresh = await this.row({ id: gp.vault.uuid(), kind: 'response', case: kase.id, form: kase.form, state: 'draft', made: Date.now() }, content);
    var out = await this.store.run('readwrite', ['records'], function (s, out, tx) {
      s.records.index('case').getAll(kase.id).onsuccess = function (e) {
        var list = e.target.result.filter(function (r) { return r.kind === 'response'; });
        if (list.some(function (r) { return r.state !== 'draft'; })) { out.refused = refused('answered'); tx.abort(); return; }
        out.record = list[0] || fresh;
        if (!list[0]) s.records.put(fresh);
      };
    });
    return { record: out.record, content: await this.content(out.record) };
  };
  function refused(code) {
    var e = new Error(code);
    e.code = code;
    return e;
  }

  // keep writes a draft again; finish puts it into the queue. Once it is there
  // no other tab changes it.
  Queue.prototype.keep = function (record, content) { return this.write(record, content, 'draft'); };
  Queue.prototype.finish = async function (record, content) {
    await this.write(record, content, 'waiting');
    this.on();
  };
  Queue.prototype.write = async function (record, content, state) {
    var row = await this.row(Object.assign({}, record, { state: state }), content);
    await this.store.run('readwrite', ['records'], function (s, out, tx) {
      s.records.get(row.id).onsuccess = function (e) {
        if (e.target.result && e.target.result.state !== 'draft') { out.refused = refused('answered'); tx.abort(); return; }
        s.records.put(row);
      };
    });
  };
  Queue.prototype.drop = async function (record) {
    await this.store.run('readwrite', ['records'], function (s) {
      s.records.get(record.id).onsuccess = function (e) { if (e.target.result && e.target.result.state === 'draft') s.records.delete(record.id); };
    });
  };

  // attempt records a try.
  Queue.prototype.attempt = async function (kase, content) {
    var row = await this.row({ id: gp.vault.uuid(), kind: 'attempt', case: kase.id, form: kase.form, state: 'waiting', made: Date.now() }, content);
    await this.store.put('records', row);
    this.on();
    return row;
  };

  // counts of records by state.
  Queue.prototype.counts = async function () {
    var n = { draft: 0, waiting: 0, sent: 0, held: 0, refused: 0 };
    (await this.store.all('records')).forEach(function (r) { n[r.state]++; });
    return n;
  };

  // wire is a record as the API takes it.
  Queue.prototype.wire = async function (r) {
    var c = await this.content(r), w = Object.assign({ id: r.id, case_id: r.case }, c.wire, r.late && r.kind === 'response' ? { offline: true } : {});
    if (w.distance_m !== undefined && !await gp.place.agreed(this.store)) { // withdrawn since
      delete w.distance_m;
      delete w.accuracy_m;
    }
    return w;
  };

  // bundle gathers records as the body of a synchronisation.
  Queue.prototype.bundle = async function (records) {
    var q = { account: this.account.id, sent_at: new Date().toISOString(), attempts: [], responses: [] };
    for (var i = 0; i < records.length; i++) {
      var w;
      try { w = await this.wire(records[i]); } catch (e) { continue; } // one that does not open waits, and holds up no other
      (records[i].kind === 'attempt' ? q.attempts : q.responses).push(w);
    }
    return q;
  };

  // send sends what waits, in parts; tries before interviews, oldest first.
  // A part that the server cannot read is sent again one by one, so that a
  // single bad record holds up no other.
  Queue.prototype.send = async function (post) {
    var waiting = (await this.store.all('records')).filter(function (r) { return r.state === 'waiting'; });
    waiting.sort(function (a, b) { return a.kind === b.kind ? a.made - b.made : a.kind === 'attempt' ? -1 : 1; });
    var total = { accepted: 0, duplicate: 0, held: 0, refused: 0 }, full = null;
    try {
      for (var i = 0, n; i < waiting.length; i += n) {
        n = this.size;
        // Where the phone is full the answers cannot be written down; all are sent nevertheless.
        try { await this.part(post, waiting.slice(i, i + n), total); } catch (e) { if (e.kind !== 'unkept') throw e; full = e; }
        this.size = BATCH;
      }
    } catch (e) {
      if (e.slow) this.size = Math.max(1, this.size >> 1); // the line is too slow for so many at once
      if (e.kind === 'offline') await this.late();
      throw e;
    }
    if (full) throw full;
    return total;
  };
  // late notes that what waits could not be sent at once: it was offline, even
  // where the phone had not noticed during the interview.
  Queue.prototype.late = function () {
    return this.store.run('readwrite', ['records'], function (s) {
      s.records.index('state').openCursor('waiting').onsuccess = function (e) {
        var c = e.target.result;
        if (!c) return;
        if (!c.value.late) c.update(Object.assign(c.value, { late: true }));
        c.continue();
      };
    });
  };
  Queue.prototype.part = async function (post, records, total) {
    var answer;
    try {
      answer = await post('/sync', await this.bundle(records));
      if (!Array.isArray(answer.responses)) return; // of no use: all wait on
    } catch (e) {
      if (!e.rejected) throw e;
      if (records.length > 1) {
        for (var i = 0; i < records.length; i++) await this.part(post, [records[i]], total);
        return;
      }
      answer = { attempts: [], responses: [{ id: records[0].id, status: 'refused', reason: e.key || 'queue.rejected' }] };
    }
    await this.settle(records, (answer.attempts || []).concat(answer.responses || []), answer.server_time, total);
  };

  // settle writes the server's answers down. What is delivered loses its
  // content here; what is refused keeps it.
  Queue.prototype.settle = async function (records, outcomes, serverTime, total) {
    var by = {}, self = this;
    outcomes.forEach(function (o) { by[o.id] = o; });
    var notes = {};
    for (var i = 0; i < records.length; i++) {
      var o = by[records[i].id];
      if (o && o.receipt) notes[o.id] = await self.vault.seal({ receipt: o.receipt }, 'receipt/' + o.id);
    }
    await this.store.run('readwrite', ['records'], function (s) {
      records.forEach(function (r) {
        var o = by[r.id];
        if (!o || o.reason === 'field.not_open' || !(o.status in total)) return; // not reached, too early, or not understood: it waits on
        s.records.get(r.id).onsuccess = function (e) {
          var now = e.target.result;
          if (!now || now.state !== 'waiting') return; // another tab was faster
          total[o.status]++;
          now.state = o.status === 'accepted' || o.status === 'duplicate' ? 'sent' : o.status;
          now.reason = o.reason || '';
          now.settled = serverTime || '';
          if (now.state !== 'refused') { delete now.iv; delete now.ct; }
          if (notes[r.id]) now.note = notes[r.id];
          s.records.put(now);
        };
      });
    });
  };

  // retry puts what was refused back into the queue.
  Queue.prototype.retry = function () {
    return this.store.run('readwrite', ['records'], function (s) {
      s.records.index('state').openCursor('refused').onsuccess = function (e) {
        var c = e.target.result;
        if (!c) return;
        c.update(Object.assign(c.value, { state: 'waiting', reason: '' }));
        c.continue();
      };
    });
  };

  // tidy forgets what was delivered more than two days ago by the server's time.
  Queue.prototype.tidy = function (serverTime) {
    var limit = Date.parse(serverTime) - 2 * 86400000;
    return this.store.run('readwrite', ['records'], function (s) {
      s.records.index('state').openCursor('sent').onsuccess = function (e) {
        var c = e.target.result;
        if (!c) return;
        if (Date.parse(c.value.settled) < limit) c.delete();
        c.continue();
      };
    });
  };

  // exported is all that the server has not taken, as a sealed file.
  Queue.prototype.exported = async function (head) {
    var list = (await this.store.all('records')).filter(function (r) { return r.state === 'waiting' || r.state === 'refused'; });
    var q = await this.bundle(list);
    return { n: q.attempts.length + q.responses.length, text: await this.vault.file(head, q) };
  };

  gp.Queue = Queue;
})();
