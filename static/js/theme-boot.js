/** Runs before the first paint: what was chosen earlier holds from the start. Not a module, so that it blocks. */
{
  let theme = null;
  let steps = null;
  try {
    theme = localStorage.getItem("theme");
    steps = localStorage.getItem("first-steps");
  } catch {
    // Storage may be forbidden; then the system's theme holds, and the first steps are shown.
  }
  const root = document.documentElement;
  if (theme === "light" || theme === "dark" || theme === "projector") root.dataset.theme = theme;
  root.toggleAttribute("data-without-first-steps", steps === "dismissed");
}
