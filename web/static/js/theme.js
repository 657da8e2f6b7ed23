// Runs before the first paint: follows the system's theme unless the reader
// has chosen one.
(function () {
  'use strict';
  var root = document.documentElement;
  var dark = window.matchMedia('(prefers-color-scheme: dark)');
  function apply() {
    var choice = root.getAttribute('data-gp-theme');
    var isDark = choice === 'dark' || (choice !== 'light' && dark.matches);
    if (isDark) root.setAttribute('data-bs-theme', 'dark');
    else root.removeAttribute('data-bs-theme');
    document.dispatchEvent(new CustomEvent('gp:theme', { detail: { dark: isDark } }));
  }
  apply();
  dark.addEventListener('change', apply);
})();
