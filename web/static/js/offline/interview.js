// The interview: the drawn person and nobody else, consent without a signature,
// the questions, and the queue. Every change is kept, so that a page that is
// killed goes on where it was.
(function () {
  'use strict';
  var gp = window.gpField;
  var MEASURE = 15 * 60000; // how long after its beginning an interview may measure its distance

  async function start(app, id) {
    var turn = gp.turn, c = (await gp.cases.load(app)).find(function (x) { return x.id === id; }) || await orphan(app, id);
    if (!c || !(c.draft || gp.cases.todo(c) && !c.closed)) { location.hash = c ? '#/case/' + id : '#/'; return; }
    if (c.queued) { location.hash = '#/case/' + id; return; }
    if (!await form(app, c.form)) { gp.show(gp.tpl('noform'), turn); return; }
    if (c.draft) { await questions(app, c, turn); return; }
    await before(app, c, turn);
  }
  // orphan is a case that is not this evaluator's any more, of which an interview
  // was begun: it can be finished, and the server keeps it apart with the reason.
  async function orphan(app, id) {
    var r = (await app.store.all('records')).find(function (r) { return r.case === id && r.kind === 'response' && r.state === 'draft'; });
    return r && { id: id, form: r.form, number: gp.cases.number(id), draft: r };
  }
  // form gives the questionnaire in the language chosen, else the app's, else
  // any that is on the phone.
  async function form(app, key, lang) {
    var all = await app.store.all('forms', IDBKeyRange.bound(key + '/', key + '/\uffff'));
    function of(l) { return all.find(function (f) { return f.key === key + '/' + l; }); }
    return of(lang) || of(gp.lang) || of('zh') || all[0];
  }
  function languageName(tag) {
    try { return new Intl.DisplayNames([tag], { type: 'language' }).of(tag); } catch (e) { return tag; }
  }

  // before: whom to ask, and whether the person agrees.
  async function before(app, c, turn) {
    var view = gp.tpl('before'), p = c.person;
    gp.set(view, { who: p ? p.name : gp.say('app.case', { Number: c.number }), traits: p ? gp.traits(p) : '', address: p ? p.address : '' });
    gp.part(view, 'back').href = '#/case/' + c.id;
    gp.part(view, 'another').addEventListener('click', function () { gp.set(view, { ask: false, wrong: true }); gp.part(view, 'wrong').focus(); });
    var act = gp.once();
    view.querySelectorAll('[data-away]').forEach(function (b) {
      b.addEventListener('click', act(function () { return gp.cases.tried(app, c, mode(view), b.getAttribute('data-away'), null); }));
    });
    var choice = gp.part(view, 'language'), tags = c.languages || [];
    tags.forEach(function (tag) { choice.add(new Option(languageName(tag), tag, tag === gp.lang, tag === gp.lang)); });
    gp.set(view, { languages: tags.length > 1 });
    async function intro() {
      var f = await form(app, c.form, choice.value), box = document.createElement('div');
      box.innerHTML = f.html;
      var words = box.querySelector('[data-intro]');
      if (words) gp.part(view, 'intro').textContent = words.textContent;
      gp.part(view, 'intro').lang = choice.value;
    }
    choice.addEventListener('change', intro);
    var measures = gp.place.able(c) && await gp.place.agreed(app.store);
    function askMeasure() { gp.set(view, { measure: measures && mode(view) === 'door' }); }
    view.querySelectorAll('input[name=mode]').forEach(function (r) { r.addEventListener('change', askMeasure); });
    askMeasure();
    gp.part(view, 'right').addEventListener('click', async function () {
      gp.set(view, { ask: false, consent: true });
      await intro();
      gp.part(view, 'consent').focus();
    });
    gp.part(view, 'refuse').addEventListener('click', act(async function () {
      if (!await gp.ask(gp.say('offline.refuse_ask'))) return false;
      return gp.cases.tried(app, c, mode(view), '2.112', null);
    }));
    gp.part(view, 'agree').addEventListener('click', act(async function () {
      var k = gp.net.clock(), w = { mode: mode(view), questionnaire_version: c.questionnaire_version, answers: {}, consent: true, hour: gp.hour(gp.net.now()), offline: !app.online };
      if (k.after) w.clock_offset_s = k.offset / 1000;
      try {
        c.draft = (await app.queue.begin(c, { wire: w, ui: { seconds: 0, per: {}, taps: 0, lang: choice.value, measure: measures && w.mode === 'door' && view.querySelector('input[name=measure]').checked ? Date.now() : 0 } })).record;
      } catch (e) {
        if (e.code !== 'answered') { gp.say_live(gp.say('offline.not_kept')); return false; }
        gp.say_live(gp.say('offline.answered_elsewhere'));
        location.hash = '#/case/' + c.id;
        return;
      }
      await questions(app, c, turn);
    }));
    gp.show(view, turn);
  }
  function mode(view) { return view.querySelector('input[name=mode]:checked').value; }

  // fill writes answers that were kept into the fields.
  function fill(root, answers) {
    Object.keys(answers).forEach(function (key) {
      var v = answers[key], list = String(v).split(' ');
      var fields = Array.prototype.filter.call(root.querySelectorAll('[name]'), function (el) { return el.name === 'q_' + key; });
      var boxed = fields.some(function (el) { return el.type === 'checkbox' && el.value === v; }); // a reason for no answer
      fields.forEach(function (el) {
        if (el.type === 'radio') el.checked = el.value === v;
        else if (el.type === 'checkbox') el.checked = list.indexOf(el.value) >= 0;
        else if (!boxed) el.value = v;
      });
    });
  }

  async function questions(app, c, turn) {
    var content = await app.queue.content(await app.store.get('records', c.draft.id));
    var w = content.wire, ui = content.ui, f = await form(app, c.form, ui.lang);
    var view = gp.tpl('interview'), root = gp.part(view, 'form');
    gp.part(view, 'questions').innerHTML = f.html; // our own server's words, without any script
    gp.set(view, { number: gp.say('app.case', { Number: c.number }) });
    gp.part(view, 'back').href = '#/case/' + c.id;
    fill(root, w.answers);
    if (!gp.show(view, turn)) return;
    var q = window.GongpingQuestion.attach(root);
    q.refresh();
    var mark = performance.now(), ended = false, busy = Promise.resolve(), later = 0, unkept = false;

    function spent() {
      var s = document.hidden ? 0 : (performance.now() - mark) / 1000;
      mark = performance.now();
      return s;
    }
    function questionsOnly(el) { return el.getAttribute('data-kind') !== 'note'; }
    function bar() {
      var list = q.asked().filter(questionsOnly), n = list.filter(function (el) { return q.value(el); }).length;
      var p = view.querySelector('progress');
      p.max = list.length;
      p.value = n;
      gp.set(view, { count: n + ' / ' + list.length });
    }
    function keep() {
      clearTimeout(later);
      if (ended) return busy;
      w.answers = q.answers();
      w.offline = w.offline || !app.online;
      var copy = JSON.parse(JSON.stringify(content));
      busy = busy.then(function () { return app.queue.keep(c.draft, copy); }).then(function () {
        gp.set(view, unkept ? { kept: gp.say('offline.kept'), fault: false } : { kept: gp.say('offline.kept') });
        unkept = false;
      }, function (e) {
        if (e.code !== 'answered') { unkept = true; gp.set(view, { fault: gp.say('offline.not_kept'), kept: false }); return; }
        ended = true;
        gp.say_live(gp.say('offline.answered_elsewhere'));
        location.hash = '#/case/' + c.id;
      });
      return busy;
    }
    // The distance is taken while the interview begins, and not an hour later
    // where an interrupted one goes on somewhere else.
    if (ui.measure && w.distance_m === undefined && Math.abs(Date.now() - ui.measure) < MEASURE) {
      gp.place.near(app, c, 30000).then(function (r) {
        if (!r || ended) return;
        Object.assign(w, r);
        keep();
      });
    }
    root.addEventListener('gp:answers', function (e) {
      var id = e.detail.id, s = spent();
      ui.seconds += s;
      if (Object.prototype.hasOwnProperty.call(w.answers, id)) ui.taps++;
      ui.per[id] = (ui.per[id] || 0) + s;
      bar();
      clearTimeout(later);
      later = setTimeout(keep, 150);
    });
    app.leave = async function () {
      document.removeEventListener('visibilitychange', hidden);
      if (!ended) { ui.seconds += spent(); await keep(); }
    };
    function hidden() {
      if (document.hidden) { ui.seconds += (performance.now() - mark) / 1000; keep(); }
      mark = performance.now();
    }
    document.addEventListener('visibilitychange', hidden);
    root.addEventListener('submit', function (e) { e.preventDefault(); });
    gp.part(view, 'check').addEventListener('click', function () {
      var list = q.faults();
      q.asked().forEach(function (el) { q.mark(el, ''); });
      gp.set(view, { fault: list.length ? gp.say('question.missing') : false });
      list.forEach(function (x) { q.mark(x.element, x.message); });
      if (list.length) {
        list[0].element.scrollIntoView({ block: 'center' });
        var field = list[0].element.querySelector('input, textarea');
        if (field) field.focus({ preventScroll: true });
        return;
      }
      review(view, q, true);
    });
    gp.part(view, 'change').addEventListener('click', function () { review(view, q, false); });
    gp.part(view, 'send').addEventListener('click', async function () {
      if (ended) return;
      gp.part(view, 'send').disabled = true;
      clearTimeout(later);
      await busy;
      ended = true;
      ui.seconds += spent();
      w.answers = q.answers();
      w.seconds = Math.round(ui.seconds);
      w.taps = ui.taps;
      w.per_item = {};
      Object.keys(ui.per).forEach(function (id) { w.per_item[id] = Math.round(ui.per[id] * 10) / 10; });
      w.offline = w.offline || !app.online;
      try {
        await app.queue.finish(c.draft, content);
      } catch (e) {
        if (e.code !== 'answered') { ended = false; gp.part(view, 'send').disabled = false; gp.set(view, { fault: gp.say('offline.not_kept') }); return; }
        gp.say_live(gp.say('offline.answered_elsewhere'));
        location.hash = '#/case/' + c.id;
        return;
      }
      app.leave = null;
      document.removeEventListener('visibilitychange', hidden);
      thanks(app, root, c);
    });
    bar();
  }

  function review(view, q, on) {
    gp.set(view, { questions: !on, review: on, check: !on, change: on, send: on, top: !on });
    if (!on) { window.scrollTo(0, 0); return; }
    var list = gp.part(view, 'answers');
    list.textContent = '';
    q.asked().forEach(function (el) {
      if (el.getAttribute('data-kind') === 'note') return;
      var li = document.createElement('li'), t = document.createElement('span'), a = document.createElement('strong');
      li.className = 'gp-q-answer';
      t.textContent = (el.querySelector('.gp-q-text bdi') || el.querySelector('.gp-q-text')).textContent.trim();
      a.textContent = q.text(el) || '—';
      li.append(t, a);
      list.append(li);
    });
    window.scrollTo(0, 0);
    gp.part(view, 'review-head').focus();
  }

  function thanks(app, root, c) {
    var words = root.querySelector('[data-thanks]'), view = gp.tpl('thanks');
    gp.set(view, { thanks: words ? words.textContent : '' });
    app.thanksFor = c.draft.id;
    gp.show(view);
    app.status();
  }

  gp.interview = { start: start };
})();
