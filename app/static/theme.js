// Before the first paint: the theme asked for in the address, or kept from an earlier visit; and whether the address is the start
// page of the site's first bundle, whose first words stand in index.html, or one of its concepts, whose words head.js fetches.
(() => {
  const root = document.documentElement;
  const query = new URLSearchParams(location.search);
  let kept = null;
  try { kept = localStorage.getItem("theme"); } catch { /* storage may be forbidden */ }
  const theme = query.get("theme") || kept;
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (query.has("bundle")) return;
  if (/^(#\/?(\?.*)?)?$/.test(location.hash)) root.dataset.at = "start";
  if (/^#\/concept\/[Cc]?\d+/.test(location.hash)) root.dataset.at = "concept";
})();
