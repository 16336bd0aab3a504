// What scrolls sideways can be reached and scrolled by keyboard.
// https://dequeuniversity.com/rules/axe/4.12/scrollable-region-focusable
addEventListener("DOMContentLoaded", () => {
  for (const box of document.querySelectorAll("pre, .table-wrapper, .diagram")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0
  }
  // Sphinx leaves the level of these headings out
  for (const caption of document.querySelectorAll("p.caption[role=heading]:not([aria-level])")) {
    caption.setAttribute("aria-level", "2")
  }
})
