// The queue on the screen, the settings, and the way out.
(function () {
  'use strict';
  var gp = window.gpField;
  var TONE = { waiting: 'warning', sent: 'success', held: 'danger', refused: 'danger', draft: 'info' };

  // line writes "3 waiting, last sent 14:02" at the head of every view.
  async function line(app) {
    var bar = document.getElementById('gp-field-status');
    if (!app.queue) { bar.hidden = true; return; }
    var n = await app.queue.counts(), last = await app.store.meta('synced');
    var time = last ? gp.when(Date.parse(last), gp.net.now()) : '';
    var text = n.waiting ? gp.say(time ? 'offline.line.waiting' : 'offline.line.waiting_never', { N: n.waiting, Time: time })
      : gp.say(time ? 'offline.line.none' : 'offline.line.never', { Time: time });
    bar.hidden = false;
    gp.set(bar, { text: text, trouble: n.held + n.refused ? gp.say('offline.line.trouble', { N: n.held + n.refused }) : false,
      net: gp.say(app.needSignIn || (app.online ? 'offline.net.on' : 'offline.net.off')) });
    bar.setAttribute('data-net', app.needSignIn ? 'signin' : app.online ? 'on' : 'off');
    bar.setAttribute('data-waiting', String(n.waiting));
    gp.part(bar, 'sendnow').disabled = !!app.syncing;
    gp.part(bar, 'signin').hidden = !app.needSignIn;
    if (navigator.setAppBadge) { (n.waiting ? navigator.setAppBadge(n.waiting) : navigator.clearAppBadge()).catch(function () {}); }
  }

  async function queue(app) {
    var turn = gp.turn, view = gp.tpl('queue'), list = await app.store.all('records'), n = await app.queue.counts();
    list.sort(function (a, b) { return (a.state === 'sent') - (b.state === 'sent') || b.made - a.made; });
    gp.set(view, { none: list.length === 0, some: list.length > 0, export: n.waiting + n.refused > 0, retry: n.refused > 0 });
    for (var i = 0; i < list.length; i++) {
      var r = list[i], li = gp.tpl('record'), what = gp.say('offline.kind.' + r.kind);
      if (r.kind === 'attempt' && r.ct) try { what += ' · ' + gp.say('disposition.' + (await app.queue.content(r)).wire.disposition); } catch (e) { /* it does not open */ }
      gp.set(li, { what: what, number: gp.cases.number(r.case), goon: r.state === 'draft', reason: r.reason ? gp.say(r.reason, { First: '', Last: '' }) : false,
        when: r.state === 'sent' ? gp.when(Date.parse(r.settled), gp.net.now()) : '' });
      gp.part(li, 'goon').href = '#/interview/' + r.case;
      if (r.note) {
        try { gp.set(li, { receipt: gp.say('offline.receipt', { Code: (await app.vault.open(r.note, 'receipt/' + r.id)).receipt }) }); } catch (e) { gp.set(li, { receipt: false }); }
      } else gp.set(li, { receipt: false });
      gp.badge(gp.part(li, 'state'), TONE[r.state], gp.say('offline.state.' + r.state));
      gp.part(view, 'list').append(li);
    }
    gp.part(view, 'retry').addEventListener('click', async function () { await app.queue.retry(); await app.sync(); queue(app); });
    gp.part(view, 'export').addEventListener('click', function () { save(app); });
    var log = gp.part(view, 'log'), entries = await app.store.all('log');
    gp.set(view, { logs: entries.length > 0 });
    entries.slice(-20).reverse().forEach(function (e) {
      var li = document.createElement('li');
      li.textContent = gp.say('offline.log', { Time: gp.when(Date.parse(e.at), gp.net.now()), New: e.sent.accepted, Old: e.sent.duplicate, Held: e.sent.held, Refused: e.sent.refused });
      log.append(li);
    });
    var k = gp.net.clock(), minutes = Math.round(Math.abs(k.offset) / 60000);
    gp.set(view, { clock: k.after && minutes >= 2 ? gp.say(k.offset > 0 ? 'offline.clock.ahead' : 'offline.clock.behind', { Span: gp.span(minutes) }) : false });
    gp.show(view, turn);
  }

  // save writes the queue into a file that only the server can open.
  async function save(app) {
    var head = { format: 'gongping-queue', v: 1, district: app.account.district, account: app.account.id, device: app.device, made_at: new Date().toISOString() };
    var file = await app.queue.exported(head), a = document.createElement('a');
    a.href = URL.createObjectURL(new Blob([file.text], { type: 'application/json' }));
    a.download = 'gongping-queue-' + head.made_at.slice(0, 10) + '-' + app.device.slice(0, 6) + '.json';
    document.body.append(a);
    a.click();
    a.remove();
    setTimeout(function () { URL.revokeObjectURL(a.href); }, 60000);
    gp.say_live(gp.say('offline.exported', { N: file.n }));
    app.lastExport = file.text;
  }

  async function settings(app) {
    var turn = gp.turn, view = gp.tpl('settings'), code = await app.store.meta('wrap.code');
    gp.set(view, { who: app.account.name, has: !!code, hasnot: !code, build: app.build });
    var form = gp.part(view, 'code');
    form.addEventListener('submit', async function (e) {
      e.preventDefault();
      var a = form.elements.code.value, b = form.elements.again.value, fault = '';
      if (!gp.vault.goodCode(a)) fault = 'offline.code.weak';
      else if (a !== b) fault = 'offline.code.differ';
      gp.set(view, { codefault: fault ? gp.say(fault) : false });
      if (fault) return;
      try {
        var secret = await gp.net.post('/offline/unlock', { device: app.device });
        await gp.vault.setCode(app.store, gp.vault.bytes(secret.secret), a);
      } catch (err) {
        gp.set(view, { codefault: gp.say(err.other ? 'offline.net.other' : err.kind === 'signin' ? 'offline.net.signin' : 'offline.code.online') });
        return;
      }
      gp.say_live(gp.say('offline.code.set'));
      location.hash = '#/';
    });
    var may = gp.part(view, 'distance');
    may.checked = await gp.place.agreed(app.store);
    may.addEventListener('change', async function () {
      await gp.place.choose(app.store, may.checked);
      gp.say_live(gp.say(may.checked ? 'offline.distance.on' : 'offline.distance.off'));
      app.sync();
    });
    gp.part(view, 'lock').addEventListener('click', function () { app.lock(); });
    gp.part(view, 'out').addEventListener('click', function () { leave(app); });
    gp.show(view, turn);
  }

  // leave signs out: names and the code go, what waits stays sealed.
  async function leave(app) {
    if (app.leave) await app.leave();
    try { await app.sync(); } catch (e) { /* no signal: it stays sealed on the phone */ }
    var n = await app.queue.counts();
    if (!await gp.ask(n.waiting + n.draft ? gp.say('offline.out.waiting', { N: n.waiting + n.draft }) : gp.say('offline.out.ask'))) return;
    await gp.store.forget(app.store);
    var form = document.createElement('form');
    form.method = 'post';
    form.action = '/sign-out';
    document.body.append(form);
    form.submit();
  }

  gp.status = { line: line, queue: queue, settings: settings };
})();
