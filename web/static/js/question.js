// The rules of a questionnaire in the browser: which questions are asked, which
// options are offered, what is chosen alone, what an answer may be, and how
// answers are written. The server checks the same again with the same rules
// (survey/instrument); a test compares the two. docs/web.md has the contract.
(function () {
  'use strict';

  var DK = 'dk', DECLINED = 'declined', UNIT = 1000000n;

  // number reads a decimal as a multiple of 10^-6, null where it is none.
  function number(s) {
    s = String(s).trim().replace(/[０-９]/g, function (c) { return String.fromCharCode(c.charCodeAt(0) - 0xff10 + 48); })
      .replace(/[．。]/g, '.').replace(/[－−]/g, '-').replace(/＋/g, '+');
    var m = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(s);
    if (!m || !(m[2] || m[3]) && !(m[2] === '' && m[3])) return null;
    var whole = m[2].replace(/^0+/, ''), places = (m[3] || '').replace(/0+$/, '');
    if (whole.length > 12 || places.length > 6) return null;
    var n = BigInt('0' + whole + places + '000000'.slice(places.length));
    return m[1] === '-' ? -n : n;
  }
  function format(n) {
    var sign = n < 0n ? '-' : '';
    if (n < 0n) n = -n;
    var places = String(n % UNIT + UNIT).slice(1).replace(/0+$/, '');
    return sign + String(n / UNIT) + (places ? '.' + places : '');
  }
  function isDate(s) {
    var m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(s);
    if (!m) return false;
    var d = new Date(Date.UTC(2000, 0, 1));
    d.setUTCFullYear(+m[1], +m[2] - 1, +m[3]);
    return d.getUTCFullYear() === +m[1] && d.getUTCMonth() === +m[2] - 1 && d.getUTCDate() === +m[3];
  }
  function length(s) { return Array.from(s).length; }
  function fields(s) { return s ? s.split(/\s+/).filter(Boolean) : []; }

  // compare is below, at or above zero, null where the two do not compare.
  function compare(a, b) {
    if (isDate(b)) return isDate(a) ? (a < b ? -1 : a > b ? 1 : 0) : null;
    var x = number(a), y = number(b);
    return x === null || y === null ? null : x < y ? -1 : x > y ? 1 : 0;
  }

  // holds tells whether a condition holds for the answers so far.
  function holds(c, answers) {
    if (!c) return true;
    if (c.all) return c.all.every(function (x) { return holds(x, answers); });
    if (c.any) return c.any.some(function (x) { return holds(x, answers); });
    if (c.not) return !holds(c.not, answers);
    var given = Object.prototype.hasOwnProperty.call(answers, c.item), v = given ? answers[c.item] : '';
    switch (c.op || '') {
      case '': return given && (c.in || []).indexOf(v) >= 0;
      case 'has': return fields(v).some(function (x) { return (c.in || []).indexOf(x) >= 0; });
      case 'answered': return given;
    }
    if (!given || v === DK || v === DECLINED) return false;
    var n = compare(v, c.value || '');
    if (n === null) return false;
    return c.op === 'lt' ? n < 0 : c.op === 'le' ? n <= 0 : c.op === 'gt' ? n > 0 : c.op === 'ge' ? n >= 0 : false;
  }

  function option(item, code) {
    return (item.options || []).find(function (o) { return o.code === code; });
  }

  // normal writes an answer in its canonical form.
  function normal(item, v) {
    if (v === DK || v === DECLINED) return v;
    if (item.kind === 'number') {
      var n = number(v);
      return n === null ? v : format(n);
    }
    if (item.kind === 'multiple') {
      var given = fields(v), known = (item.options || []).map(function (o) { return o.code; });
      var out = known.filter(function (c) { return given.indexOf(c) >= 0; });
      given.forEach(function (c) { if (out.indexOf(c) < 0) out.push(c); });
      return out.join(' ');
    }
    return v;
  }

  function wrong(key, args) { return { key: key, args: args || {} }; }

  // checkItem finds what is wrong with one answer that is asked for; null where nothing is.
  function checkItem(item, answers) {
    var given = Object.prototype.hasOwnProperty.call(answers, item.id), v = answers[item.id], r = item.range || {};
    if (item.kind === 'note') return given ? wrong('answer.invalid') : null;
    if (!given) return item.required ? wrong('answer.required') : null;
    if (v === DK && item.dont_know || v === DECLINED && item.decline) return null;
    var n, o;
    switch (item.kind) {
      case 'grade5': return /^[1-5]$/.test(v) ? null : wrong('answer.invalid');
      case 'yesno': return v === 'yes' || v === 'no' ? null : wrong('answer.invalid');
      case 'single':
        o = option(item, v);
        return o && holds(o.show_if, answers) ? null : wrong('answer.invalid');
      case 'multiple': return checkMultiple(item, v, r, answers);
      case 'text':
        n = length(v);
        if (n > (r.max_length || 1000)) return wrong('answer.long', { Max: r.max_length || 1000, N: n });
        return n < (r.min_length || 0) ? wrong('answer.short', { Min: r.min_length, N: n }) : null;
      case 'number':
        n = number(v);
        if (n === null || format(n) !== v) return wrong('answer.number');
        if ((v.split('.')[1] || '').length > (r.decimals || 0)) return r.decimals ? wrong('answer.places', { N: r.decimals }) : wrong('answer.whole');
        var out = between(v, r);
        if (out || !r.step) return out;
        return (n - (r.min ? number(r.min) : 0n)) % number(r.step) === 0n ? null : wrong('answer.step', { Step: r.step });
      case 'date': return isDate(v) ? between(v, r) : wrong('answer.date');
    }
    return null;
  }
  function between(v, r) {
    var n;
    if (r.min) { n = compare(v, r.min); if (n !== null && n < 0) return wrong('answer.low', { Min: r.min }); }
    if (r.max) { n = compare(v, r.max); if (n !== null && n > 0) return wrong('answer.high', { Max: r.max }); }
    return null;
  }
  function checkMultiple(item, v, r, answers) {
    var codes = v.split(' '), i, o;
    for (i = 0; i < codes.length; i++) {
      o = option(item, codes[i]);
      if (!o || !holds(o.show_if, answers)) return wrong('answer.invalid');
      if (o.exclusive && codes.length > 1) return wrong('answer.exclusive');
    }
    if (normal(item, v) !== v) return wrong('answer.invalid');
    if (option(item, codes[0]).exclusive) return null;
    if (codes.length < (r.min_choices || 0)) return wrong('answer.few', { Min: r.min_choices });
    return r.max_choices && codes.length > r.max_choices ? wrong('answer.many', { Max: r.max_choices }) : null;
  }

  // check finds every fault of answers: [{id, key, args}]. definition is the
  // island of a form or the questionnaire itself as the API gives it.
  function check(definition, answers) {
    var out = [], known = {};
    definition.items.forEach(function (item) {
      known[item.id] = true;
      var shown = holds(item.show_if, answers), given = Object.prototype.hasOwnProperty.call(answers, item.id);
      (item.options || []).forEach(function (o) {
        if (!o.other) return;
        var key = item.id + ':' + o.code, words = answers[key] || '';
        known[key] = true;
        if (!words) return;
        var chosen = shown && fields(answers[item.id] || '').indexOf(o.code) >= 0;
        if (!chosen) out.push({ id: key, key: 'answer.invalid', args: {} });
        else if (length(words) > 200) out.push({ id: key, key: 'answer.long', args: { Max: 200, N: length(words) } });
      });
      var f = shown ? checkItem(item, answers) : given ? wrong('answer.invalid') : null;
      if (f) out.push({ id: item.id, key: f.key, args: f.args });
    });
    Object.keys(answers).forEach(function (id) { if (!known[id]) out.push({ id: id, key: 'answer.invalid', args: {} }); });
    return out;
  }

  function sentence(definition, fault) {
    return String((definition.messages || {})[fault.key] || fault.key).replace(/\{(\w+)\}/g, function (all, name) {
      return fault.args && name in fault.args ? String(fault.args[name]) : all;
    });
  }

  // attach makes the questions of an element live and returns their controller.
  function attach(root, definition) {
    if (root.gpQuestions) return root.gpQuestions;
    var island = root.querySelector('script[type="application/json"]');
    definition = definition || JSON.parse(island.textContent);
    var boxes = {}, order = [];
    root.querySelectorAll('.gp-q[data-item]').forEach(function (el) { boxes[el.getAttribute('data-item')] = el; order.push(el); });
    var rules = {};
    definition.items.forEach(function (i) { rules[i.id] = i; });

    // raw reads what stands in the fields of a question, in canonical form.
    function raw(item) {
      var el = boxes[item.id];
      if (!el || item.kind === 'note') return '';
      var on = Array.prototype.slice.call(el.querySelectorAll('input[type=radio]:checked, input[type=checkbox]:checked'))
        .filter(function (x) { return !x.disabled; }).map(function (x) { return x.value; });
      var field = el.querySelector('textarea, input[type=date], input[type=text]:not(.gp-q-words)');
      if (field && field.value.trim()) return normal(item, field.value.trim());
      return normal(item, item.kind === 'multiple' ? on.join(' ') : on[0] || '');
    }
    // answers collects what is asked, in the order of the questionnaire, so
    // that a rule only sees answers that count.
    function answers() {
      var out = {};
      definition.items.forEach(function (item) {
        var el = boxes[item.id];
        if (!el || !holds(item.show_if, out)) return;
        var v = raw(item);
        if (!v) return;
        out[item.id] = v;
        (item.options || []).forEach(function (o) {
          var input = o.other && words(el, item, o);
          if (input && input.value.trim() && fields(v).indexOf(o.code) >= 0) out[item.id + ':' + o.code] = input.value.trim();
        });
      });
      return out;
    }
    function words(el, item, o) {
      return Array.prototype.find.call(el.querySelectorAll('.gp-q-words'), function (x) { return x.name === 'q_' + item.id + ':' + o.code; });
    }

    // refresh hides and disables what does not apply: disabled fields are not sent.
    function refresh() {
      var so = {};
      definition.items.forEach(function (item) {
        var el = boxes[item.id];
        if (!el) return;
        var on = holds(item.show_if, so);
        if (item.kind === 'note') el.toggleAttribute('data-off', !on); else el.disabled = !on;
        if (!root.hasAttribute('data-steps')) el.hidden = !on;
        if (!on) return;
        (item.options || []).forEach(function (o) {
          if (!o.show_if && !o.other) return;
          var input = Array.prototype.find.call(el.querySelectorAll('input[type=radio], input[type=checkbox]'), function (x) { return x.value === o.code; });
          if (!input) return;
          if (o.show_if) {
            var offered = holds(o.show_if, so);
            input.disabled = !offered;
            if (!offered) input.checked = false;
            input.parentNode.hidden = !offered;
          }
          var line = o.other && words(el, item, o);
          if (line) { line.hidden = !input.checked; line.disabled = !input.checked; }
        });
        var v = raw(item);
        if (v) so[item.id] = v;
      });
    }
    function asked() {
      return order.filter(function (el) { return !el.disabled && !el.hasAttribute('data-off'); });
    }
    function faults() {
      return check(definition, answers()).filter(function (f) { return boxes[f.id.split(':')[0]] || boxes[f.id]; }).map(function (f) {
        return { id: f.id, key: f.key, element: boxes[f.id] || boxes[f.id.slice(0, f.id.lastIndexOf(':'))], message: sentence(definition, f) };
      });
    }
    // mark writes the fault below its question, or takes it away.
    function mark(el, message) {
      var p = el.querySelector('.gp-q-fault');
      if (!p) {
        if (!message) return;
        p = document.createElement('p');
        p.className = 'gp-q-fault';
        p.id = 'x-' + el.getAttribute('data-item');
        p.setAttribute('role', 'alert');
        el.append(p);
        el.setAttribute('aria-describedby', ((el.getAttribute('aria-describedby') || '') + ' ' + p.id).trim());
      }
      if (p.textContent !== (message || '')) p.textContent = message || '';
      el.classList.toggle('gp-q-missing', !!message);
    }
    function text(el) {
      var field = el.querySelector('textarea, input[type=date], input[type=text]:not(.gp-q-words)');
      if (field && field.value.trim()) return field.value.trim();
      return Array.prototype.map.call(el.querySelectorAll('input:checked'), function (x) {
        var line = x.dataset.other && Array.prototype.find.call(el.querySelectorAll('.gp-q-words'), function (w) { return w.name === x.dataset.other; });
        return x.parentNode.textContent.trim() + (line && line.value.trim() ? ' (' + line.value.trim() + ')' : '');
      }).join('; ');
    }
    function value(el) {
      var item = rules[el.getAttribute('data-item')];
      return item ? raw(item) : '';
    }

    // What is chosen alone takes the others away, and the others take it away.
    root.addEventListener('change', function (e) {
      var t = e.target, el = t.closest && t.closest('.gp-q[data-item]');
      if (!el || !boxes[el.getAttribute('data-item')]) return;
      if (t.type === 'checkbox' && t.checked && !t.hasAttribute('data-dk')) {
        el.querySelectorAll('input[type=checkbox]:checked').forEach(function (x) {
          if (x !== t && (t.hasAttribute('data-exclusive') || x.hasAttribute('data-exclusive'))) x.checked = false;
        });
      }
      var field = el.querySelector('textarea, input[type=date], input[type=text]:not(.gp-q-words)'), dk = el.querySelectorAll('[data-dk]');
      if (t.checked && t.hasAttribute('data-dk')) field.value = '';
      dk.forEach(function (x) { if (x !== t && (t === field ? field.value.trim() : t.checked)) x.checked = false; });
      refresh();
      var line = t.dataset && t.dataset.other && t.checked && Array.prototype.find.call(el.querySelectorAll('.gp-q-words'), function (w) { return w.name === t.dataset.other; });
      if (line) line.focus();
      // A value that does not fit is said at once; a missing one only when the person goes on.
      var f = faults().find(function (x) { return x.element === el; });
      mark(el, f && f.key !== 'answer.required' && f.key !== 'answer.few' ? f.message : '');
      root.dispatchEvent(new CustomEvent('gp:answers', { bubbles: true, detail: { id: el.getAttribute('data-item') } }));
    });
    refresh();
    root.gpQuestions = { definition: definition, answers: answers, asked: asked, faults: faults, mark: mark, refresh: refresh, text: text, value: value };
    return root.gpQuestions;
  }

  function scan() {
    document.querySelectorAll('[data-questions]').forEach(function (el) { attach(el); });
  }
  window.GongpingQuestion = { attach: attach, scan: scan, check: check, holds: holds, normal: normal, sentence: sentence };
  scan();
  document.addEventListener('htmx:after:swap', scan);
})();
