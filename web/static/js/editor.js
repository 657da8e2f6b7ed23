// Small help for the editor of questionnaires: a choice that changes what can
// be filled in is applied at once, the focus stays where work goes on, and the
// paper form prints. Without it every button of the editor still works.
(function () {
  'use strict';
  document.addEventListener('change', function (e) {
    if (!e.target.matches || !e.target.matches('#gp-editor-form [data-apply]')) return;
    e.stopImmediatePropagation();
    var back = e.target.id;
    var form = document.getElementById('gp-editor-form');
    form.querySelector('button[value="apply"]').click();
    document.addEventListener('htmx:after:swap', function () {
      var el = document.getElementById(back);
      if (el) el.focus();
    }, { once: true });
  }, true);
  var was = '';
  document.addEventListener('submit', function (e) {
    was = e.target.id === 'gp-editor-form' && e.submitter ? e.submitter.value : '';
  }, true);
  document.addEventListener('htmx:after:swap', function () {
    var el = document.querySelector('#gp-editor [data-focus]');
    if (el && /^(open|add|copy)/.test(was)) {
      el.focus({ preventScroll: true });
      el.closest('.gp-outline-row').scrollIntoView({ block: 'start' });
      window.scrollBy(0, -140);
    }
    was = '';
  });
  document.addEventListener('click', function (e) {
    if (e.target.closest('[data-gp-print]')) window.print();
  });
})();
