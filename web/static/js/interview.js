// The questionnaire form: skip logic, one question at a time, review, and
// sending over a network that fails. Without this script it is a plain form.
(function () {
  'use strict';

  function start(form) {
    if (form.hasAttribute('data-ready') || !window.GongpingQuestion) return;
    form.setAttribute('data-ready', '');
    var steps = form.hasAttribute('data-steps');
    var items = Array.prototype.slice.call(form.querySelectorAll('.gp-q[data-item]'));
    var at = 0, reviewing = false, sending = false, dirty = false, taps = 0, began = Date.now();
    var $ = function (css) { return form.querySelector(css); };
    var back = $('.gp-q-back'), next = $('.gp-q-next'), check = $('.gp-q-check'), send = $('.gp-q-send');
    var status = $('.gp-q-status'), review = $('.gp-q-review');
    form.elements.hour.value = new Date().getHours();

    // The rules of the questions are those of question.js.
    var rules = window.GongpingQuestion.attach(form);
    var value = rules.value, text = rules.text, asked = rules.asked, skip = rules.refresh;
    function question(i) { return i.getAttribute('data-kind') !== 'note'; }
    function wrong() { return rules.faults(); }

    function show() {
      skip();
      var list = asked();
      at = Math.max(0, Math.min(at, list.length - 1));
      items.forEach(function (i) { i.hidden = list.indexOf(i) < 0 || reviewing || (steps && i !== list[at]); });
      form.querySelectorAll('.gp-q-section').forEach(function (s) {
        s.hidden = !s.querySelector('.gp-q:not([hidden])');
      });
      var mode = $('.gp-q-mode');
      if (mode) mode.hidden = reviewing;
      var questions = list.filter(question), done = questions.filter(value).length;
      $('.gp-q-bar progress').max = questions.length;
      // What is checked has been gone through, with or without an answer to the last question.
      $('.gp-q-bar progress').value = reviewing ? questions.length : done;
      $('.gp-q-count').textContent = (reviewing ? questions.length : steps ? list.slice(0, at + 1).filter(question).length : done) + ' / ' + questions.length;
      review.hidden = !reviewing;
      document.querySelectorAll('[data-intro]').forEach(function (x) { x.hidden = steps && (reviewing || at > 0); });
      var end = !steps || at === list.length - 1;
      back.hidden = !reviewing && (!steps || at === 0);
      next.hidden = reviewing || end;
      check.hidden = reviewing || !end;
      send.hidden = !reviewing;
    }

    function focus(item) {
      var el = item.querySelector('input:checked') || item.querySelector('input, textarea');
      if (el) el.focus({ preventScroll: true });
      item.scrollIntoView({ block: steps ? 'nearest' : 'center' });
    }

    function go(to) {
      at = to;
      status.textContent = '';
      show();
      if (steps) window.scrollTo(0, 0);
      focus(asked()[at]);
    }

    function summary() {
      var list = $('.gp-q-answers');
      list.textContent = '';
      asked().forEach(function (i, n) {
        if (!question(i)) return;
        var li = document.createElement('li');
        var b = document.createElement('button');
        b.type = 'button';
        b.className = 'gp-q-answer';
        var q = document.createElement('span'), a = document.createElement('strong');
        q.textContent = (i.querySelector('.gp-q-text bdi') || i.querySelector('.gp-q-text')).textContent.trim();
        a.textContent = text(i) || '—';
        b.append(q, a);
        b.addEventListener('click', function () { reviewing = false; go(n); });
        li.append(b);
        list.append(li);
      });
    }

    form.addEventListener('change', function (e) {
      if (e.target.type === 'radio' && dirty && e.target.dataset.was) taps++;
      form.querySelectorAll('input[name="' + e.target.name + '"]').forEach(function (x) { x.dataset.was = '1'; });
      dirty = true;
      show();
    });
    // One question at a time: a choice by touch or mouse goes on by itself; the
    // keyboard moves through the choices first.
    form.addEventListener('click', function (e) {
      if (!steps || e.detail === 0 || !e.target.matches('input[type=radio]:not([data-other])')) return;
      var here = e.target.closest('.gp-q[data-item]');
      setTimeout(function () {
        var list = asked();
        if (!reviewing && list[at] === here && at < list.length - 1) go(at + 1);
      }, 250);
    });
    next.addEventListener('click', function () {
      var here = asked()[at];
      var list = wrong().filter(function (f) { return f.element === here; });
      if (list.length) { lack(list); return; }
      go(at + 1);
    });
    back.addEventListener('click', function () {
      if (reviewing) { reviewing = false; go(asked().length - 1); return; }
      go(at - 1);
    });
    check.addEventListener('click', function () {
      var list = wrong();
      if (list.length) { lack(list); return; }
      reviewing = true;
      summary();
      status.textContent = '';
      show();
      window.scrollTo(0, 0);
      review.querySelector('h2').setAttribute('tabindex', '-1');
      review.querySelector('h2').focus();
    });
    function lack(list) {
      status.textContent = form.getAttribute('data-missing');
      items.forEach(function (i) {
        var f = list.find(function (x) { return x.element === i; });
        rules.mark(i, f ? f.message : '');
      });
      if (steps) { at = asked().indexOf(list[0].element); show(); }
      focus(list[0].element);
    }

    // Sending keeps the page until the server has answered: the id of the form
    // makes any number of tries end in one answer.
    form.addEventListener('submit', function (e) {
      e.preventDefault();
      if (sending) return;
      var list = wrong();
      if (list.length) { reviewing = false; lack(list); show(); return; }
      form.elements.seconds.value = Math.round((Date.now() - began) / 1000);
      form.elements.taps.value = taps;
      sending = true;
      send.disabled = true;
      attempt(0);
    });
    function attempt(n) {
      status.textContent = form.getAttribute('data-sending');
      var end = new AbortController();
      var timer = setTimeout(function () { end.abort(); }, 20000);
      fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), signal: end.signal, credentials: 'same-origin', headers: { 'Accept': 'text/html' } })
        .then(function (r) {
          if (r.status >= 502 && r.status <= 504) throw new Error('busy');
          return r.text();
        })
        .then(function (html) {
          clearTimeout(timer);
          dirty = false;
          var page = new DOMParser().parseFromString(html, 'text/html');
          var main = page.getElementById('main');
          if (!main) { window.location.assign(form.action); return; }
          document.getElementById('main').replaceWith(document.adoptNode(main));
          document.title = page.title;
          window.scrollTo(0, 0);
          main.focus();
          document.querySelectorAll('[data-interview]').forEach(start);
        })
        .catch(function () {
          clearTimeout(timer);
          status.textContent = form.getAttribute('data-offline');
          var wait = Math.min(30000, 2000 * Math.pow(2, n));
          var again = setTimeout(retry, wait);
          window.addEventListener('online', retry, { once: true });
          function retry() {
            clearTimeout(again);
            window.removeEventListener('online', retry);
            attempt(n + 1);
          }
        });
    }
    // Where a draft is kept, leaving loses nothing and nobody need be asked.
    window.addEventListener('beforeunload', function (e) { if (dirty && !form.hasAttribute('data-drafted')) e.preventDefault(); });
    if (form.querySelector('[data-wrong]')) at = asked().indexOf(form.querySelector('[data-wrong]'));
    show();
  }

  document.querySelectorAll('[data-interview]').forEach(start);
})();
