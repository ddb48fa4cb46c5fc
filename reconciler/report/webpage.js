"use strict";
const form = document.querySelector("form");
const cases = Array.from(document.querySelectorAll("article"));
const told = document.querySelector("output");
function filter() {
  const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const action = form.elements.action.value;
  const cause = form.elements.cause.value;
  let shown = 0;
  for (const each of cases) {
    const text = each.textContent.toLowerCase();
    const fits = words.every((word) => text.includes(word))
      && (!action || each.dataset.action === action)
      && (!cause || each.dataset.cause.split(" ").includes(cause));
    each.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  told.textContent = `${shown} of ${cases.length} cases`;
}
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
  if (form.elements[name]) form.elements[name].value = value;
}
form.hidden = false;
filter();
