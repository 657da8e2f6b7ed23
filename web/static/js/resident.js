// The resident's page: larger type, reading aloud, and a draft that survives a
// reload. Everything works without it. What is remembered stays on this device.
(function () {
  'use strict';
  var root = document.documentElement;
  function recall(k) { try { return localStorage.getItem(k); } catch (e) { return null; } }
  function keep(k, v) { try { if (v === null) localStorage.removeItem(k); else localStorage.setItem(k, v); } catch (e) { /* private mode */ } }

  function type() {
    var b = document.querySelector('[data-gp-type]');
    if (!b) { root.classList.toggle('gp-elder', recall('gp-elder') === '1'); return; }
    function set(on) {
      root.classList.toggle('gp-elder', on);
      b.setAttribute('aria-pressed', String(on));
      b.querySelector('span').textContent = b.getAttribute(on ? 'data-larger' : 'data-plain');
      keep('gp-elder', on ? '1' : null);
    }
    set(recall('gp-elder') === '1');
    b.addEventListener('click', function () { set(b.getAttribute('aria-pressed') !== 'true'); });
  }

  // Reading aloud says what is on the screen: the question and its choices.
  function read() {
    var b = document.querySelector('[data-gp-read]'), voice = window.speechSynthesis;
    if (!b || !voice || !window.SpeechSynthesisUtterance) return;
    b.hidden = false;
    var label = b.querySelector('span');
    function off() {
      label.textContent = b.getAttribute('data-read');
      b.setAttribute('aria-pressed', 'false');
      document.querySelectorAll('.gp-reading').forEach(function (x) { x.classList.remove('gp-reading'); });
    }
    function shown(x) { return !x.closest('[hidden]') && x.getClientRects().length > 0; }
    function words() {
      var q = Array.prototype.filter.call(document.querySelectorAll('.gp-q[data-item]'), shown);
      var parts = q.length ? q : Array.prototype.filter.call(document.querySelectorAll('.gp-q-review, .gp-sent, .alert, .gp-intro'), shown);
      return parts.map(function (x) {
        x.classList.add('gp-reading');
        var lines = Array.prototype.filter.call(x.querySelectorAll('.gp-q-text, .gp-choice span, .gp-q-answer, p'), shown);
        return (lines.length ? lines.map(function (y) { return y.textContent.trim(); }) : [x.textContent.trim()]).join('。');
      }).join('。');
    }
    b.addEventListener('click', function () {
      if (b.getAttribute('aria-pressed') === 'true') { voice.cancel(); off(); return; }
      voice.cancel();
      var say = new SpeechSynthesisUtterance(words());
      var spoken = document.querySelector('.gp-reading'); // in the language of the question
      spoken = spoken && spoken.closest('[lang]');
      say.lang = spoken ? spoken.lang : root.lang || 'zh-CN';
      say.rate = 0.9;
      say.onend = say.onerror = off;
      b.setAttribute('aria-pressed', 'true');
      label.textContent = b.getAttribute('data-stop');
      voice.speak(say);
    });
    window.addEventListener('pagehide', function () { voice.cancel(); });
  }

  // The draft keeps the id of the form: however often it is sent, from a reload
  // or after the back button, it ends in one answer. It is forgotten when the
  // answer has arrived, and after a day.
  var life = 24 * 3600 * 1000;
  function draft() {
    var form = document.querySelector('form[data-interview]');
    if (!form) return;
    var key = 'gp-draft:' + form.getAttribute('action');
    var note = document.querySelector('[data-gp-draft]');
    var fields = ['id', 'version'];
    function save() {
      var data = {};
      new FormData(form).forEach(function (v, k) {
        if (k.indexOf('q_') === 0 || fields.indexOf(k) >= 0) (data[k] = data[k] || []).push(v);
      });
      keep(key, JSON.stringify({ at: Date.now(), data: data }));
      form.toggleAttribute('data-drafted', recall(key) !== null);
    }
    var was = null;
    try { was = JSON.parse(recall(key) || 'null'); } catch (e) { was = null; }
    if (was && (Date.now() - was.at > life || !was.data || (was.data.version || [])[0] !== form.elements.version.value)) { keep(key, null); was = null; }
    if (was && !form.querySelector('[data-wrong]')) {
      var any = false;
      Object.keys(was.data).forEach(function (k) {
        var all = form.querySelectorAll('[name="' + CSS.escape(k) + '"]');
        all.forEach(function (el) {
          if (el.type === 'radio' || el.type === 'checkbox') el.checked = was.data[k].indexOf(el.value) >= 0;
          else el.value = was.data[k][0];
        });
        any = any || (k.indexOf('q_') === 0 && was.data[k].join('') !== '');
      });
      if (any && note) {
        note.hidden = false;
        note.querySelector('button').addEventListener('click', function () { keep(key, null); form.reset(); note.hidden = true; form.dispatchEvent(new Event('change', { bubbles: true })); });
      }
      var first = form.querySelector('input[name^="q_"], textarea[name^="q_"]');
      if (any && first) first.dispatchEvent(new Event('change', { bubbles: true }));
    }
    form.addEventListener('change', save);
    form.addEventListener('input', save);
    new MutationObserver(function (_, o) {
      if (!document.querySelector('[data-gp-sent]')) return;
      keep(key, null);
      o.disconnect();
    }).observe(document.body, { childList: true, subtree: true });
  }

  type();
  read();
  draft();
})();
