"use strict";
const root = document.documentElement;
document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
const things = [...document.querySelectorAll(".item, svg .stage, svg .edge, svg .label, svg .policy")];
const said = (thing) => [thing.textContent, ...[...thing.querySelectorAll("[title]")].map((one) => one.title)].join(" ");
const words = new Map(things.map((thing) => [thing, said(thing).toLowerCase()]));
const box = document.getElementById("search");
const search = () => {
  const wanted = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  root.classList.toggle("searching", wanted.length > 0);
  const folded = document.getElementById("folded");
  if (folded) folded.open = wanted.length > 0;
  let rows = 0;
  for (const [thing, text] of words) {
    const hit = wanted.length > 0 && wanted.every((word) => text.includes(word));
    thing.classList.toggle("hit", hit);
    rows += hit && thing.classList.contains("item") ? 1 : 0;
  }
  document.getElementById("found").textContent = wanted.length ? `${rows} found` : "";
};
box.addEventListener("input", search);
if (location.hash.startsWith("#search=")) { box.value = decodeURIComponent(location.hash.slice(8)); search(); }
