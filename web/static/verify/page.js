// The page around core.js: language, files, result. All text from files is set
// as text, never as markup.
(function () {
  'use strict';
  const catalogue = globalThis.GongpingCatalogue;
  const { verifyBundle, verifyReceipt, Fault } = globalThis.GongpingVerify;
  const $ = (id) => document.getElementById(id);
  let language = (navigator.language || 'zh').toLowerCase().startsWith('zh') ? 'zh' : 'en';
  let show = null; // draws the last result again in another language

  const text = (key) => catalogue[language][key] || key;

  function speak() {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    document.title = text('title');
    for (const e of document.querySelectorAll('[data-text]')) e.textContent = text(e.dataset.text);
    for (const b of document.querySelectorAll('[data-language]')) b.setAttribute('aria-pressed', String(b.dataset.language === language));
    if (show) show();
  }

  function element(tag, content, className) {
    const e = document.createElement(tag);
    e.textContent = content;
    if (className) e.className = className;
    return e;
  }

  function answer(kind, title, rows, notes) {
    const dl = document.createElement('dl');
    for (const [name, value, code] of rows) dl.append(element('dt', name), element('dd', String(value), code ? 'code' : ''));
    const parts = [element('h2', title, 'answer ' + kind), ...notes.map((n) => element('p', n, 'warning')), dl];
    $('result').replaceChildren(...parts);
    $('result').hidden = false;
  }

  function showDraw(r, person) {
    const rows = [];
    if (person) rows.push(...personRows(person));
    rows.push(
      [text('purpose'), r.com.purpose], [text('frame'), r.com.frame],
      ...(r.homes ? [[text('persons'), r.com.persons], [text('persons_digest'), r.com.persons_digest, true]] : []), [text(r.homes ? 'units_homes' : 'units'), r.units], [text('scope'), r.scope], [text('excluded'), r.excluded],
      [text('outside'), r.units - r.scope - r.excluded], [text('strata'), r.strata],
      [text('sample'), r.sample], [text('reserve'), r.reserve], [text('committed_at'), r.com.committed_at],
      [text('randomness'), r.com.randomness_name], [text('randomness_due'), r.com.randomness_due], [text('seed'), r.rev.seed, true],
      [text('evidence'), r.rev.evidence], [text('revealed_at'), r.rev.revealed_at], [text('drawn_at'), r.rec.drawn_at],
      [text('frame_digest'), r.com.frame_digest, true], [text('draw_digest'), r.rec.draw_digest, true], [text('key_shown'), r.key, true]);
    const notes = r.signatureChecked ? ($('key').value ? [] : [text('compare_key')]) : [text('unsigned')];
    if (r.homes) notes.push(text('homes'));
    answer('same', text('same'), rows, notes);
  }

  function personRows(p) {
    const rows = [[text('frame_id'), p.frame_id, true]];
    if (p.role) {
      rows.push([text('role'), text('role_' + p.role)], [text('ticket'), p.ticket, true]);
      if (p.stratum) rows.push([text('stratum'), p.stratum]);
      if (p.order) rows.push([text('order'), p.order]);
      if (p.household) rows.push([text('household'), p.household, true], [text('household_role'), text('role_' + p.household_role)], [text('place'), p.place + ' / ' + p.members]);
      if (p.probability) rows.push([text('probability'), p.probability]);
    }
    return rows;
  }

  function showFault(e) {
    if (e instanceof Fault) {
      answer('different', text('different'), [[text('difference'), text('check_' + e.check)], ['', e.detail, true]], []);
    } else {
      answer('different', text('unreadable'), [['', e.message]], []);
    }
  }

  async function read(input) {
    const file = $(input).files[0];
    return file ? new Uint8Array(await file.arrayBuffer()) : null;
  }

  async function verify() {
    const key = $('key').value.trim().toLowerCase();
    if (key && !/^[0-9a-f]{64}$/.test(key)) return () => answer('different', text('key_bad'), [], []);
    const bundle = await read('bundle'), receipt = await read('receipt');
    if (!bundle && !receipt) return () => answer('different', text('nothing'), [], []);
    const report = bundle && await verifyBundle(bundle, key, (part) => { $('progress').value = part; });
    const person = receipt && await verifyReceipt(receipt, report);
    if (report) return () => showDraw(report, person);
    return () => answer('same', text('same_receipt'),
      [...personRows(person), [text('frame'), person.frame], [text('frame_digest'), person.frame_digest, true]], [text('compare_digest')]);
  }

  $('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    $('run').disabled = true;
    $('result').hidden = true;
    $('progress').value = 0;
    $('working').hidden = false;
    try {
      show = await verify();
    } catch (e) {
      show = () => showFault(e);
    }
    $('working').hidden = true;
    $('run').disabled = false;
    show();
    $('result').focus();
  });
  for (const b of document.querySelectorAll('[data-language]')) {
    b.addEventListener('click', () => { language = b.dataset.language; speak(); });
  }
  speak();
})();
