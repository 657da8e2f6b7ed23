// Small behaviour of every page. Pages work without it; it only makes them
// nicer, except for confirmation dialogs, which fall back to the browser's.
(function () {
  'use strict';

  function live(text) {
    var el = document.getElementById('gp-live');
    if (el) el.textContent = text;
  }

  // Side navigation on small screens.
  function menu() {
    var button = document.querySelector('.gp-menu-button');
    var side = document.getElementById('gp-side');
    if (!button || !side) return;
    function set(open) {
      side.classList.toggle('gp-open', open);
      button.setAttribute('aria-expanded', String(open));
    }
    button.addEventListener('click', function () { set(!side.classList.contains('gp-open')); });
    document.addEventListener('keydown', function (e) {
      if (e.key === 'Escape' && side.classList.contains('gp-open')) { set(false); button.focus(); }
    });
  }

  // ask shows the confirmation dialog and calls then(true or false).
  function ask(text, then) {
    var dialog = document.getElementById('gp-confirm');
    if (!dialog || !dialog.showModal) { then(window.confirm(text)); return; }
    document.getElementById('gp-confirm-text').textContent = text;
    dialog.returnValue = 'no';
    dialog.addEventListener('close', function () { then(dialog.returnValue === 'yes'); }, { once: true });
    dialog.showModal();
  }

  document.addEventListener('submit', function (e) {
    var form = e.target;
    var by = e.submitter;
    var text = (by && by.getAttribute('data-confirm')) || form.getAttribute('data-confirm');
    if (!text || form.hasAttribute('data-gp-yes')) {
      form.removeAttribute('data-gp-yes');
      return;
    }
    e.preventDefault();
    e.stopImmediatePropagation();
    ask(text, function (yes) {
      if (!yes) return;
      form.setAttribute('data-gp-yes', '');
      form.requestSubmit(by && by.form === form ? by : undefined);
    });
  }, true);

  // Signing out takes the names off the phone (js/offline/store.js); what waits
  // to be sent stays there, sealed, until the next sign-in.
  document.addEventListener('submit', function (e) {
    if (e.defaultPrevented || new URL(e.target.action).pathname !== '/sign-out') return;
    var who = null;
    try { who = JSON.parse(localStorage.getItem('gp-field-account') || 'null'); } catch (err) { return; }
    if (!who) return;
    e.preventDefault();
    function go() { e.target.submit(); }
    var req = indexedDB.open('gp-field-' + who.id), late = setTimeout(go, 3000);
    req.onupgradeneeded = function () { req.transaction.abort(); }; // none is there, and no empty one is to stay
    req.onerror = go;
    req.onsuccess = function () {
      var tx;
      try { tx = req.result.transaction(['meta', 'cases'], 'readwrite'); } catch (err) { go(); return; }
      tx.objectStore('cases').clear();
      tx.objectStore('meta').delete('wrap.code');
      tx.oncomplete = tx.onabort = function () { clearTimeout(late); req.result.close(); go(); };
    };
  });

  document.addEventListener('htmx:confirm', function (e) {
    var detail = e.detail || {};
    var el = (detail.ctx && detail.ctx.sourceElement) || e.target;
    var text = el && el.getAttribute && el.getAttribute('hx-confirm');
    if (!text || !detail.issueRequest) return;
    e.preventDefault();
    ask(text, function (yes) { if (yes) detail.issueRequest(true); else if (detail.dropRequest) detail.dropRequest(); });
  });

  document.addEventListener('click', function (e) {
    var close = e.target.closest('[data-gp-close]');
    if (close) { close.closest('.alert').remove(); return; }
    var view = e.target.closest('[data-gp-view]');
    if (view) figureView(view);
  });

  // Chart or table of a figure.
  function figureView(button) {
    var fig = button.closest('figure');
    var table = button.getAttribute('data-gp-view') === 'table';
    fig.querySelectorAll('[data-gp-view]').forEach(function (b) {
      b.setAttribute('aria-pressed', String(b === button));
    });
    fig.querySelector('.gp-figure-chart').hidden = table;
    fig.querySelector('.gp-figure-text').hidden = table;
    fig.querySelector('.gp-figure-table').hidden = !table;
  }

  // Chosen file name in an upload field.
  document.addEventListener('change', function (e) {
    if (e.target.type !== 'file') return;
    var out = e.target.closest('label') && e.target.closest('label').querySelector('[data-gp-filename]');
    if (out && e.target.files.length) out.textContent = e.target.files[0].name;
  });

  // Sortable tables: the head cells become buttons.
  function sortable(table) {
    if (table.hasAttribute('data-gp-ready')) return;
    table.setAttribute('data-gp-ready', '');
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (th, i) {
      if (th.hasAttribute('data-nosort') || !th.textContent.trim()) return;
      var b = document.createElement('button');
      b.type = 'button';
      b.className = 'gp-sort';
      while (th.firstChild) b.appendChild(th.firstChild);
      th.appendChild(b);
      b.addEventListener('click', function () { sort(table, th, i); });
    });
  }

  var collator = new Intl.Collator(document.documentElement.lang, { numeric: true });

  function valueOf(row, i) {
    var cell = row.cells[i];
    var raw = cell.getAttribute('data-value');
    var text = raw !== null ? raw : cell.textContent.trim();
    var n = parseFloat(text.replace(/,/g, '').replace('−', '-'));
    return { text: text, n: n, none: text === '' || text === '—' };
  }

  function sort(table, th, i) {
    var up = th.getAttribute('aria-sort') !== 'ascending';
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (c) { c.removeAttribute('aria-sort'); });
    th.setAttribute('aria-sort', up ? 'ascending' : 'descending');
    var body = table.tBodies[0];
    var rows = Array.prototype.map.call(body.rows, function (r) { return { r: r, v: valueOf(r, i) }; });
    var numeric = rows.every(function (x) { return x.v.none || !isNaN(x.v.n); });
    rows.sort(function (a, b) {
      if (a.v.none || b.v.none) return a.v.none - b.v.none; // what is missing stands last either way
      var d = numeric ? a.v.n - b.v.n : collator.compare(a.v.text, b.v.text);
      return up ? d : -d;
    });
    rows.forEach(function (x) { body.appendChild(x.r); });
    if (table.gpRows) table.gpRows.show();
    var el = document.getElementById('gp-live');
    if (el) live(th.textContent.trim() + ' ' + el.getAttribute(up ? 'data-sort-asc' : 'data-sort-desc'));
  }

  // Long tables show their first rows, with a line that finds any other and a
  // button for more (which stands alone where the server has a search); on a phone a row is a card, so fewer. All rows are in the
  // page: a reader without script has them all, and so has a printer.
  var phone = window.matchMedia('(max-width: 767.98px)');

  function long(table) {
    var el = document.getElementById('gp-live');
    var wide = table.tHead && table.tHead.rows[0] && table.tHead.rows[0].cells.length > 7; // long cards
    var first = phone.matches ? (wide ? 5 : 8) : 50, step = phone.matches ? 20 : 100;
    var body = table.tBodies[0];
    if (!el || !body || table.gpRows || body.rows.length <= first + 2) return;
    // Where the server finds and pages, a second search would find less than the first.
    var card = table.closest('.gp-card') || table.parentNode;
    var served = card.querySelector('form.gp-filter, .gp-pages') || document.querySelector('main form[role=search]');
    var all = function () { return Array.prototype.slice.call(body.rows); };
    var bar = document.createElement('div');
    bar.className = 'gp-rows';
    var find = document.createElement('input');
    find.type = 'search';
    find.className = 'form-control';
    find.placeholder = el.getAttribute('data-rows-find');
    find.setAttribute('aria-label', find.placeholder);
    var count = document.createElement('span');
    count.className = 'gp-muted';
    count.setAttribute('role', 'status');
    bar.appendChild(find);
    bar.appendChild(count);
    var foot = document.createElement('div');
    foot.className = 'gp-rows gp-rows-more';
    var more = document.createElement('button');
    more.type = 'button';
    more.className = 'btn';
    more.textContent = el.getAttribute('data-rows-more');
    foot.appendChild(more);
    var box = table.closest('.table-responsive') || table;
    if (!served) box.parentNode.insertBefore(bar, box);
    box.parentNode.insertBefore(foot, box.nextSibling);
    var limit = first;
    var state = table.gpRows = {
      show: function () {
        var words = find.value.trim().toLowerCase(), found = 0, shown = 0;
        all().forEach(function (r) {
          var fits = !words || r.textContent.toLowerCase().indexOf(words) >= 0;
          if (fits) found++;
          r.hidden = !fits || shown >= limit;
          if (!r.hidden) shown++;
        });
        count.textContent = el.getAttribute('data-rows-count').replace('{shown}', shown).replace('{found}', found).replace('{all}', body.rows.length);
        more.hidden = shown >= found;
      },
      reveal: function () { limit = body.rows.length; find.value = ''; state.show(); }
    };
    find.addEventListener('input', function () { limit = first; state.show(); });
    find.addEventListener('keydown', function (e) { if (e.key === 'Enter') e.preventDefault(); });
    more.addEventListener('click', function () {
      var next = all().filter(function (r) { return r.hidden; })[0];
      limit += step;
      state.show();
      var to = next && !next.hidden && next.querySelector('a, button, input, select, summary');
      if (to) to.focus({ preventScroll: true });
    });
    state.show();
  }

  // On a phone some cards begin closed: their heads become buttons.
  function fold(card) {
    var head = card.querySelector('.card-header'), title = head && head.querySelector('.card-title');
    if (!phone.matches || card.gpFold || !title) return;
    var body = head.nextElementSibling, b = document.createElement('button');
    b.type = 'button';
    b.className = 'gp-unfold';
    while (title.firstChild) b.appendChild(title.firstChild);
    title.appendChild(b);
    card.gpFold = function (open) {
      body.hidden = !open;
      b.setAttribute('aria-expanded', String(open));
    };
    b.addEventListener('click', function () { card.gpFold(body.hidden); });
    card.gpFold(false);
  }

  function ready(root) {
    root.querySelectorAll('[data-fold]').forEach(fold);
    root.querySelectorAll('table[data-sortable]').forEach(sortable);
    root.querySelectorAll('table[data-cards]').forEach(long);
    if (window.gpCharts) window.gpCharts.scan(root);
  }

  // Folded cards: a link to one or into one opens it, and so does a field in it
  // that the browser refuses, which could not be shown otherwise.
  function unfold(el) {
    for (; el; el = el.parentElement) {
      if (el.tagName === 'DETAILS') el.open = true;
      if (el.gpFold) el.gpFold(true);
      if (el.tagName === 'TR' && el.hidden && el.closest('table').gpRows) el.closest('table').gpRows.reveal();
    }
  }
  function target() {
    var el = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!el || !el.closest('details, tr, [data-fold]')) return;
    unfold(el);
    el.scrollIntoView();
  }
  document.addEventListener('invalid', function (e) { unfold(e.target); }, true);
  document.addEventListener('click', function (e) {
    var a = e.target.closest && e.target.closest('a[href^="#"]');
    if (a && a.getAttribute('href') === location.hash) target();
  });
  window.addEventListener('hashchange', target);

  document.addEventListener('htmx:after:swap', function () { ready(document); });
  document.addEventListener('htmx:error', function () {
    var el = document.getElementById('gp-live');
    if (el) live(el.getAttribute('data-failed'));
  });
  // The first field of a page that is read before it is filled in: no jump past the text.
  var first = document.querySelector('[data-focus]');
  if (first) { first.focus({ preventScroll: true }); }
  // The tab of this page is in sight where the row of tabs is longer than the screen.
  document.querySelectorAll('.gp-tabs').forEach(function (row) {
    var at = row.querySelector('.active');
    if (at) { row.scrollLeft += at.getBoundingClientRect().right - row.getBoundingClientRect().right + 16; }
  });
  // Back to a form that was refused, with what was typed.
  document.querySelectorAll('[data-back]').forEach(function (b) {
    b.hidden = history.length < 2;
    b.addEventListener('click', function () { history.back(); });
  });

  menu();
  ready(document);
  target();
  window.gp = { ask: ask, live: live };
})();
