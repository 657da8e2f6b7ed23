// The list of cases along the way, and one case: whom to ask, tries, history.
(function () {
  'use strict';
  var gp = window.gpField;
  var FOLD = 40; // above so many cases a committee is one line until it is opened
  var TONE = { open: 'neutral', underway: 'warning', agreed: 'info', done: 'success', ended: 'neutral' };

  // load opens the cases and lays over them what the phone knows more.
  async function load(app) {
    var rows = await app.store.all('cases'), records = await app.store.all('records'), list = [];
    for (var i = 0; i < rows.length; i++) {
      var c;
      try { c = await app.vault.open(rows[i], gp.net.caseLabel(rows[i].id)); } catch (e) { continue; }
      c.local = records.filter(function (r) { return r.case === c.id; });
      for (var k = 0; k < c.local.length; k++) {
        var r = c.local[k];
        if (r.ct && r.kind === 'attempt') try { r.content = await app.queue.content(r); } catch (e) { /* it waits; see Queue.bundle */ }
      }
      list.push(overlay(c));
    }
    return list;
  }
  function overlay(c) {
    var tries = c.local.filter(function (r) { return r.kind === 'attempt' && r.state !== 'refused' && r.content; });
    c.draft = c.local.find(function (r) { return r.kind === 'response' && r.state === 'draft'; });
    c.queued = c.local.find(function (r) { return r.kind === 'response' && r.state !== 'draft'; });
    c.tries = c.history.length + tries.length;
    if (c.queued && c.stage !== 'done') c.stage = 'done';
    tries.forEach(function (r) {
      var w = r.content.wire;
      c.disposition = w.disposition;
      if (w.appointment) c.appointment = w.appointment;
      if (c.stage === 'open' || c.stage === 'underway' || c.stage === 'agreed') {
        c.stage = ends(w.disposition) ? 'ended' : w.appointment ? 'agreed' : 'underway';
      }
    });
    if (c.stage === 'agreed' && !(Date.parse(c.appointment) > gp.net.now())) c.stage = 'underway';
    return c;
  }
  function ends(code) { return gp.ends.indexOf(code) >= 0; }

  function place(c) { return c.person ? c.person.building || c.building : c.building; }
  function placeText(c) {
    if (c.person && c.person.building) return c.person.building;
    return c.building ? gp.say('app.building', { Building: c.building.replace(/^b/, '').slice(0, 4).toUpperCase() }) : gp.say('offline.no_building');
  }
  function along(a, b) {
    return gp.compare(a.committee, b.committee) || gp.compare(place(a) || '', place(b) || '') ||
      gp.compare(a.person ? a.person.address : '', b.person ? b.person.address : '') || gp.compare(a.number, b.number);
  }

  // route gives the cases of a committee building by building, beginning where
  // the evaluator wants to begin.
  function route(list, starts) {
    var groups = [];
    list.slice().sort(along).forEach(function (c) {
      var g = groups[groups.length - 1];
      if (!g || g.code !== c.committee) groups.push(g = { code: c.committee, name: c.committee_name, buildings: [] });
      var b = g.buildings[g.buildings.length - 1];
      if (!b || b.key !== (place(c) || '')) g.buildings.push(b = { key: place(c) || '', text: placeText(c), cases: [] });
      b.cases.push(c);
    });
    groups.forEach(function (g) {
      var at = g.buildings.findIndex(function (b) { return b.key === starts[g.code]; });
      if (at > 0) g.buildings = g.buildings.slice(at).concat(g.buildings.slice(0, at));
    });
    return groups;
  }

  // number is the sign by which people name a case.
  function number(id) { return id.replace(/-/g, '').slice(0, 6).toUpperCase(); }
  function todo(c) { return c.stage === 'open' || c.stage === 'underway' || c.stage === 'agreed'; }

  async function list(app) {
    var turn = gp.turn, all = await load(app), view = gp.tpl('list'), done = all.filter(function (c) { return c.stage === 'done'; }).length;
    var filter = app.filter || 'todo', query = (app.find || '').toUpperCase();
    var left = await app.store.meta('left-out') || [0, 0], todoLeft = left[0] - left[1];
    gp.set(view, { none: all.length === 0 && !app.expired, expired: all.length === 0 && !!app.expired, some: all.length > 0, more: todoLeft > 0 ? gp.say('offline.left_out', { N: todoLeft }) : false });
    if (all.length) {
      var bar = view.querySelector('progress');
      bar.max = all.length + left[0];
      bar.value = done + left[1];
      gp.set(view, { count: bar.value + ' / ' + bar.max });
    }
    view.querySelectorAll('[data-filter]').forEach(function (b) {
      var f = b.getAttribute('data-filter');
      b.setAttribute('aria-pressed', String(f === filter));
      b.addEventListener('click', function () { app.filter = f; list(app); });
    });
    var search = gp.part(view, 'search');
    search.value = app.find || '';
    search.addEventListener('change', function () { app.find = search.value.trim(); list(app); });
    var agreed = all.filter(function (c) { return c.appointment && (c.stage === 'agreed' || c.stage === 'underway'); })
      .sort(function (a, b) { return Date.parse(a.appointment) - Date.parse(b.appointment); });
    gp.set(view, { agreed: agreed.length > 0 });
    agreed.forEach(function (c) {
      var li = gp.tpl('agreed'), late = Date.parse(c.appointment) < gp.net.now();
      gp.set(li, { time: gp.when(Date.parse(c.appointment), gp.net.now()), who: (c.person ? c.person.name + ' · ' + c.person.address : c.number + ' · ' + c.committee_name), late: late });
      gp.part(li, 'link').href = '#/case/' + c.id;
      gp.part(view, 'agreed-list').append(li);
    });
    var shown = all.filter(function (c) {
      if (query) return (c.number + ' ' + c.committee_name + ' ' + placeText(c) + ' ' + (c.person ? c.person.name + ' ' + c.person.address : '')).toUpperCase().indexOf(query) >= 0;
      return filter === 'all' || (filter === 'todo' ? todo(c) : !todo(c));
    });
    gp.set(view, { nothing: all.length > 0 && shown.length === 0 });
    var starts = await app.store.meta('starts') || {}, groups = gp.part(view, 'groups');
    var opened = app.opened = app.opened || {}, folds = shown.length > FOLD && !query;
    route(shown, starts).forEach(function (g, i) {
      var el = groupView(app, g, starts);
      el.open = !folds || (g.code in opened ? opened[g.code] : i === 0);
      if (folds) el.addEventListener('toggle', function () { opened[g.code] = el.open; });
      groups.append(el);
    });
    gp.show(view, turn);
  }

  function groupView(app, g, starts) {
    var el = gp.tpl('group');
    gp.set(el, { name: g.name, n: gp.say('offline.n_cases', { N: g.buildings.reduce(function (n, b) { return n + b.cases.length; }, 0) }) });
    g.buildings.forEach(function (b, i) {
      var box = gp.tpl('building'), first = gp.part(box, 'first');
      gp.set(box, { building: b.text, n: String(b.cases.length) });
      first.hidden = i === 0;
      first.setAttribute('aria-label', gp.say('offline.begin_here_at', { Building: b.text }));
      first.addEventListener('click', async function () {
        starts[g.code] = b.key;
        await app.store.setMeta('starts', starts);
        list(app);
      });
      b.cases.forEach(function (c) { gp.part(box, 'cases').append(rowView(c)); });
      gp.part(el, 'buildings').append(box);
    });
    return el;
  }

  function stage(el, c) {
    if (c.draft && !c.queued) gp.badge(el, 'info', gp.say('offline.state.draft'));
    else if (c.queued && c.queued.state === 'waiting') gp.badge(el, 'warning', gp.say('offline.state.waiting'));
    else if (c.queued && (c.queued.state === 'held' || c.queued.state === 'refused')) gp.badge(el, 'danger', gp.say('offline.state.' + c.queued.state));
    else gp.badge(el, TONE[c.stage], gp.say('field.stage.' + c.stage));
  }
  function rowView(c) {
    var li = gp.tpl('row');
    gp.part(li, 'link').href = '#/case/' + c.id;
    gp.set(li, { number: c.number, who: c.person ? c.person.name : gp.say('offline.no_name'), address: c.person ? c.person.address : '',
      last: c.tries ? gp.say('offline.tries', { N: c.tries, Last: gp.say('disposition.' + c.disposition) }) : gp.say('app.untried') });
    stage(gp.part(li, 'stage'), c);
    return li;
  }

  async function one(app, id) {
    var turn = gp.turn, c = (await load(app)).find(function (x) { return x.id === id; });
    if (!c) { location.hash = '#/'; return; }
    var view = gp.tpl('case'), p = c.person, open = todo(c) && !c.closed;
    gp.set(view, { number: gp.say('app.case', { Number: c.number }), place: c.committee_name + ' · ' + placeText(c), reserve: c.reserve,
      closed: c.closed ? gp.say(c.closed, { Last: c.last_day, First: '' }) : false, person: !!p, noperson: !p && open,
      open: open, start: open && !c.draft, goon: open && !!c.draft, held: c.queued && c.queued.reason ? gp.say(c.queued.reason, { Last: c.last_day }) : false });
    stage(gp.part(view, 'stage'), c);
    if (p) {
      gp.set(view, { name: p.name, traits: gp.traits(p), address: p.address || '—' });
      var call = gp.part(view, 'call');
      if (p.phone) { call.href = 'tel:' + p.phone; gp.set(view, { phone: p.phone }); } else call.hidden = true;
    }
    gp.set(view, { distance: !!p && open && gp.place.able(c) && await gp.place.agreed(app.store) });
    if (!gp.part(view, 'distance').hidden) {
      gp.place.near(app, c, 20000).then(function (r) {
        gp.part(view, 'distance-text').textContent = r ? gp.say('offline.distance.now', { M: r.distance_m, Error: r.accuracy_m }) : gp.say('offline.distance.none');
      });
    }
    view.querySelectorAll('[data-x~=start], [data-x~=goon]').forEach(function (b) { b.href = '#/interview/' + c.id; });
    gp.part(view, 'more').href = '/app/cases/' + c.id;
    if (open) tryForms(app, view, c);
    history(view, c);
    gp.show(view, turn);
  }

  function tryForms(app, view, c) {
    view.querySelectorAll('select[name=day]').forEach(function (s) {
      for (var i = 0; i < 14; i++) {
        var at = gp.net.now() + i * 86400000;
        s.add(new Option(gp.dayText(at), gp.day(at)));
      }
    });
    var act = gp.once();
    view.querySelectorAll('form[data-mode]').forEach(function (form) {
      form.addEventListener('submit', act(async function (e) {
        var code = e.submitter.value, error = gp.part(view, 'attempt-error'), appointment = null;
        error.hidden = true;
        if (code === '5.1') {
          appointment = gp.moment(form.elements.day.value, form.elements.time.value || '');
          if (!(appointment > gp.net.now())) { error.hidden = false; error.focus(); return false; }
        }
        return tried(app, c, form.getAttribute('data-mode'), code, appointment);
      }));
    });
  }
  // tried records a try and goes back to the list; false where it could not be kept.
  async function tried(app, c, mode, code, appointment) {
    try {
      await record(app, c, mode, code, appointment);
    } catch (e) {
      gp.say_live(gp.say('offline.not_kept'));
      return false;
    }
    location.hash = '#/';
    gp.say_live(gp.say('offline.attempt_kept'));
  }

  // record keeps a try. Its time is the phone's own; the offset measured last
  // goes with it, and the server decides.
  async function record(app, c, mode, code, appointment) {
    var w = { mode: mode, disposition: code, at: new Date().toISOString() }, k = gp.net.clock();
    if (k.after) { w.clock_offset_s = k.offset / 1000; w.after = k.after; }
    if (appointment) w.appointment = new Date(appointment).toISOString();
    if (mode === 'door') Object.assign(w, await gp.place.near(app, c, 4000));
    return app.queue.attempt(c, { wire: w, ui: {} });
  }

  function history(view, c) {
    var list = c.history.map(function (a) { return { at: Date.parse(a.at), mode: a.mode, code: a.disposition }; });
    c.local.forEach(function (r) {
      if (r.kind !== 'attempt' || !r.content || c.history.some(function (a) { return a.id === r.id; })) return;
      var w = r.content.wire;
      list.push({ at: Date.parse(w.at) - (w.clock_offset_s || 0) * 1000, mode: w.mode, code: w.disposition, state: r.state });
    });
    list.sort(function (a, b) { return b.at - a.at; });
    gp.set(view, { untried: list.length === 0 });
    list.forEach(function (a) {
      var li = gp.tpl('event');
      gp.set(li, { what: gp.say('disposition.' + a.code), how: gp.say('field.mode.' + a.mode) + ' · ' + gp.when(a.at, gp.net.now()) + (a.state === 'waiting' ? ' · ' + gp.say('offline.state.waiting') : '') });
      gp.part(view, 'history').append(li);
    });
  }

  gp.cases = { list: list, one: one, load: load, tried: tried, number: number, route: route, todo: todo };
})();
