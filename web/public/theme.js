// Runs before the first paint, as a file because the content security policy refuses inline scripts.
// It must stay in step with src/design/theme.ts, which owns the setting afterwards.
(function () {
  var choice = null;
  try {
    choice = window.localStorage.getItem('dashly.theme');
  } catch {
    // Storage may be blocked: the system's setting is used.
  }
  var dark =
    choice === 'dark' || (choice !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
