"use strict";
const form = document.querySelector("form");
const told = document.querySelector("output");
const sections = Array.from(document.querySelectorAll("section"));
const blocks = Array.from(document.querySelectorAll("article"), (block) => ({
  block,
  address: block.querySelector("code").textContent,
  text: block.textContent.toLowerCase(),
}));
// A case may stand there twice: for what is done about it, and for what was changed outside.
const count = (those) => new Set(those.map((each) => each.address)).size;
function filter() {
  const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const action = form.elements.action.value;
  const cause = form.elements.cause.value;
  for (const { block, text } of blocks) {
    const fits = words.every((word) => text.includes(word))
      && (!action || block.dataset.action === action)
      && (!cause || block.dataset.cause.split(" ").includes(cause));
    block.hidden = !fits;
  }
  for (const section of sections) section.hidden = !section.querySelector("article:not([hidden])");
  told.textContent = `${count(blocks.filter((each) => !each.block.hidden))} of ${count(blocks)} cases`;
}
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
  if (form.elements[name]) form.elements[name].value = value;
}
form.hidden = blocks.length === 0;
filter();
