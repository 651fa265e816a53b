/** Applies the stored theme before the first paint. Not a module, so that it blocks rendering. */
{
  let theme = null;
  let steps = null;
  let language = null;
  try {
    theme = localStorage.getItem("theme");
    steps = localStorage.getItem("first-steps");
    language = localStorage.getItem("language");
  } catch {
    // Storage may be forbidden; then the theme and language are the browser's, and the first steps are shown.
  }
  const root = document.documentElement;
  if (theme === "light" || theme === "dark" || theme === "projector") root.dataset.theme = theme;
  root.toggleAttribute("data-without-first-steps", steps === "dismissed");

  // A language in the address takes precedence, so there is one redirect at most.
  const address = new URL(location.href);
  const offered = (root.dataset.languages ?? "").split(" ");
  if (language !== null && offered.includes(language) && !address.searchParams.has("language")) {
    if (language !== root.lang) {
      address.searchParams.set("language", language);
      root.dataset.leaving = "";
      location.replace(address);
    }
  }
}
