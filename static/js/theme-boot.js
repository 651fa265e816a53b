/** Runs before the first paint: a theme chosen earlier holds from the start. Not a module, so that it blocks. */
{
  let theme = null;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    // Storage may be forbidden; then the system's theme holds.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
