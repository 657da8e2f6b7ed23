// Small tools for the views: templates that the server rendered, sentences,
// dates in Chinese time whatever the phone is set to.
(function () {
  'use strict';
  var gp = window.gpField = window.gpField || {};
  var words = JSON.parse(document.getElementById('gp-field-words').textContent);
  var lang = document.documentElement.lang;
  var collator = new Intl.Collator('zh-CN', { numeric: true });
  var ZONE = 8 * 3600000;

  function say(key, args) {
    return (words[key] || key).replace(/\{(\w+)\}/g, function (all, name) { return args && name in args ? String(args[name]) : all; });
  }
  // tpl clones a template; its [data-x] are found by name.
  function tpl(id) { return document.getElementById('tpl-' + id).content.firstElementChild.cloneNode(true); }
  function part(root, name) {
    return root.matches('[data-x~="' + name + '"]') ? root : root.querySelector('[data-x~="' + name + '"]');
  }
  function set(root, values) {
    Object.keys(values).forEach(function (k) {
      var el = part(root, k), v = values[k];
      if (!el) return;
      if (v === null || v === undefined || v === false || v === '') { el.hidden = true; return; }
      el.hidden = false;
      if (v !== true) el.textContent = v;
    });
    return root;
  }
  function badge(el, tone, text) {
    el.className = 'badge gp-badge gp-tone-' + tone;
    el.textContent = text;
  }
  // show puts a view on the screen and moves the focus to its head. A view that
  // was begun before the person went elsewhere (its turn is over) is not shown.
  function show(view, turn) {
    if (turn !== undefined && turn !== gp.turn) return false;
    var main = document.getElementById('gp-view');
    main.replaceChildren(view);
    window.scrollTo(0, 0);
    var h = view.querySelector('h1');
    if (h) { h.setAttribute('tabindex', '-1'); h.focus({ preventScroll: true }); document.title = h.textContent.trim() + ' · ' + say('brand.name'); }
    return true;
  }

  function local(ms) { return new Date(ms + ZONE); } // read with getUTC…
  function two(n) { return String(n).padStart(2, '0'); }
  function day(ms) { return local(ms).toISOString().slice(0, 10); }
  function hour(ms) { return local(ms).getUTCHours(); }
  function clockText(ms) { var d = local(ms); return two(d.getUTCHours()) + ':' + two(d.getUTCMinutes()); }
  function dayText(ms) {
    return new Intl.DateTimeFormat(lang, { month: 'short', day: 'numeric', weekday: 'short', timeZone: 'Asia/Shanghai' }).format(new Date(ms));
  }
  // when is the time alone for today, else with its day.
  function when(ms, now) { return (day(ms) === day(now) ? '' : dayText(ms) + ' ') + clockText(ms); }
  // moment is the instant of a day and a time of day in China.
  function moment(dayStr, timeStr) { return Date.parse(dayStr + 'T' + timeStr + ':00+08:00'); }

  function span(minutes) {
    var unit = minutes < 120 ? ['minute', 1] : minutes < 2880 ? ['hour', 60] : ['day', 1440];
    return new Intl.NumberFormat(lang, { style: 'unit', unit: unit[0], unitDisplay: 'long' }).format(Math.round(minutes / unit[1]));
  }
  function traits(p) {
    return [p.sex === 'm' || p.sex === 'f' ? say('offline.sex.' + p.sex) : '', p.age_band && p.age_band !== 'unknown' ? say('offline.age', { Band: p.age_band }) : ''].filter(Boolean).join(' · ');
  }
  function ask(text) {
    return new Promise(function (ok) { window.gp.ask(text, ok); });
  }

  // once makes handlers of which one works at a time, however often a finger
  // taps, and none any more when one has done its work. One that gives false has
  // not: then it may be tried again.
  function once() {
    var busy = false;
    return function (fn) {
      return async function (e) {
        e.preventDefault();
        if (busy) return;
        busy = true;
        try { busy = await fn(e) !== false; } catch (err) { busy = false; throw err; }
      };
    };
  }

  Object.assign(gp, { say: say, once: once, tpl: tpl, part: part, set: set, badge: badge, show: show, compare: collator.compare, day: day, hour: hour, clockText: clockText,
    dayText: dayText, when: when, moment: moment, ask: ask, traits: traits, span: span, lang: lang === 'en' ? 'en' : 'zh' });
})();
