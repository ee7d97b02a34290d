"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
const by = (id) => document.getElementById(id);
const grid = by("grid"), canvas = by("marks"), room = by("room"), details = by("details");
const pen = canvas.getContext("2d");

// A column of an animal is a list, one value for all its sessions, or runs of equal values: value, length, value, ...
function unpacked(column, count) {
  if (Array.isArray(column)) return column;
  if (column === null || typeof column !== "object") return new Array(count).fill(column);
  const found = [];
  for (let index = 0; index < column.runs.length; index += 2)
    for (let left = column.runs[index + 1]; left > 0; left--) found.push(column.runs[index]);
  return found;
}
const plain = ["stage", "suggested", "following", "flags", "curriculum", "task", "decision", "rule", "error", "margin"];
const rising = ["number", "day", "at"];  // each value is the difference from the one before
const animals = data.animals;
for (const one of animals) {
  for (const name of [...plain, ...rising]) one[name] = unpacked(one[name], one.count);
  for (const name of rising) {
    let sum = 0;
    one[name] = one[name].map((step) => (sum += step));
  }
  one.metrics = one.metrics.map((column) => unpacked(column, one.count));
  one.has = { moved: false, open: false, back: false, error: false };
  for (let index = 0; index < one.count; index++) {
    const flags = one.flags[index];
    if (flags & 1) one.has.open = true;
    if (flags & 2) one.has.moved = true;
    if (data.decisions[one.decision[index]] === "ROLLBACK") one.has.back = true;
    if (one.following[index] < 0) one.has.error = true;
  }
  const following = one.following[one.count - 1];
  one.now = following < 0 ? one.stage[one.count - 1] : following;
}
const firstNumber = Math.min(...animals.map((one) => one.number[0]));
const firstDay = Math.min(...animals.map((one) => one.day[0]));
const marked = new Set(data.highlighted);

// What a person chose.
const ROW = 22, HEAD = 24, FONT = '12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif';
const READABLE = 14, WIDEST = 24, NARROWEST = 2;
let axis = data.axis, order = data.order, descending = data.descending;
let rows = [], pitch = 0, fitted = true, chosen = null;

const column = (one, index) =>
  axis === "session" ? one.number[index] - firstNumber : one.day[index] - (axis === "date" ? firstDay : one.day[0]);
const last = (one) => column(one, one.count - 1);
const keys = {
  "subject": () => 0,
  "first-date": (one) => one.day[0],
  "last-date": (one) => one.day[one.count - 1],
  "progress": (one) => one.rank,
};

let names = 60;
const measured = () => {
  pen.font = FONT;
  names = Math.min(Math.max(...animals.map((one) => pen.measureText(one.name).width)) + 14, grid.clientWidth * 0.35);
};

function select() {
  const wanted = by("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  const kind = by("with").value;
  const fits = (one) =>
    wanted.every((word) => one.name.toLowerCase().includes(word)) &&
    (!kind || (kind === "marked" ? marked.has(one.name) : kind.startsWith("now ") ? one.now === +kind.slice(4) : one.has[kind]));
  const key = keys[order];
  // Animals come sorted by their names, and sorting keeps what is equal in its place.
  rows = animals.filter(fits).sort((one, other) => key(one) - key(other));
  if (descending) order === "subject" ? rows.reverse() : rows.sort((one, other) => key(other) - key(one));
  by("count").textContent = rows.length === animals.length ? `(${rows.length} animals)` : `(${rows.length} of ${animals.length} animals)`;
  by("direction").textContent = descending ? "\u2193" : "\u2191";
  by("direction").setAttribute("aria-pressed", String(descending));
  if (chosen && !rows.includes(chosen.one)) choose(null);
  size();
}

let longest = 1;
function size() {
  longest = 1 + rows.reduce((most, one) => Math.max(most, last(one)), 0);
  if (fitted) pitch = Math.max(NARROWEST, Math.min(WIDEST, (grid.clientWidth - names - 12) / longest));
  samples();
  room.style.width = `${names + 12 + longest * pitch}px`;
  room.style.height = `${HEAD + rows.length * ROW + 8}px`;
  draw();
}

// Each kind of mark is drawn once and copied: thousands are moved at every step of a scroll.
const kinds = new Map();
const raised = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";
const small = (number) => [...String(number)].map((digit) => raised[+digit]).join("");
let colours = {};
function settle() {
  const style = getComputedStyle(root);
  for (const name of ["ink", "faint", "ground", "raised", "line", "marked", "focus", "unknown"])
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  kinds.clear();
  kept = "";
}

function mark(stage, suggested, flags, error, width) {
  const key = `${stage} ${suggested} ${flags} ${error} ${width}`;
  let found = kinds.get(key);
  if (!found) {
    found = document.createElement("canvas");
    const scale = devicePixelRatio || 1;
    found.width = Math.ceil(width * scale);
    found.height = Math.ceil(ROW * scale);
    const ink = found.getContext("2d");
    ink.scale(found.width / width, found.height / ROW);
    (width >= READABLE ? numbered : levelled)(ink, stage, suggested, flags, error, width);
    kinds.set(key, found);
  }
  return found;
}

function numbered(ink, stage, suggested, flags, error, width) {
  const open = flags & 1, wide = Math.min(width - 1, 20), left = (width - wide) / 2, top = 2, high = ROW - 4;
  const edge = data.strokes[suggested] || colours.faint;
  ink.fillStyle = open ? colours.unknown : data.fills[stage];
  ink.fillRect(left, top, wide, high);
  const other = !open && suggested !== stage, narrow = wide < 16;
  ink.lineWidth = !other ? 1.5 : narrow ? 2 : 3;
  ink.strokeStyle = edge;
  ink.strokeRect(left + ink.lineWidth / 2, top + ink.lineWidth / 2, wide - ink.lineWidth, high - ink.lineWidth);
  ink.fillStyle = open ? colours.ink : "#1f2328";
  ink.textBaseline = "middle";
  ink.textAlign = "center";
  const text = error ? "!" : open ? "\u00d7" + small(suggested + 1) : other ? `${stage + 1}${small(suggested + 1)}` : String(stage + 1);
  ink.font = `600 ${narrow && text.length > 1 ? 9 : text.length > 2 || narrow ? 10 : 12}px system-ui, "Segoe UI", Helvetica, Arial, sans-serif`;
  ink.fillText(text, left + wide / 2, ROW / 2 + 0.5, wide - 2);
}

// Too narrow for a number: the height of a bar says the stage, a tick the suggested one.
function levelled(ink, stage, suggested, flags, error, width) {
  const open = flags & 1, wide = Math.max(width - (width > 4 ? 1 : 0), 1), high = ROW - 3;
  const level = (rank) => high * (rank + 1) / data.stages.length;
  ink.fillStyle = open ? colours.faint : data.strokes[stage];
  if (!open) ink.fillRect(0, ROW - 1 - level(stage), wide, level(stage));
  else for (let y = ROW - 2; y >= ROW - 1 - level(stage); y -= 3) ink.fillRect(0, y, wide, 1);
  if (open && width >= 6) {
    ink.fillStyle = colours.ink;
    ink.font = `${Math.min(width + 3, 12)}px system-ui, sans-serif`;
    ink.textAlign = "center";
    ink.textBaseline = "bottom";
    ink.fillText("\u00d7", wide / 2, ROW);
  } else if (!open && suggested >= 0 && suggested !== stage) {
    ink.fillStyle = colours.ink;
    ink.fillRect(0, ROW - 1 - level(suggested), wide, 1.5);
  }
  if (error) {
    ink.fillStyle = colours.ink;
    ink.fillRect(wide / 2 - 0.75, 1, 1.5, ROW - 2);
  }
}

// The marks of a row as they are in sight, kept while one scrolls up and down.
const strips = new Map();
let kept = "";
function strip(one, left, wide, scale) {
  const now = `${axis} ${pitch} ${left} ${wide} ${scale} ${names}`;
  if (now !== kept) { strips.clear(); kept = now; }
  let found = strips.get(one);
  if (found) return found;
  if (strips.size > 4 * grid.clientHeight / ROW) strips.delete(strips.keys().next().value);
  found = document.createElement("canvas");
  found.width = Math.round(wide * scale);
  found.height = Math.round(ROW * scale);
  const ink = found.getContext("2d"), width = Math.min(pitch, WIDEST), begin = names - left + 4;
  ink.scale(scale, scale);
  let before = null;
  for (let index = 0; index < one.count; index++) {
    const where = column(one, index);
    let x = begin + where * pitch;
    if (where === before) x += pitch / 2;  // two sessions of one day
    before = where;
    if (x > wide) break;
    if (x + width < names) continue;
    ink.drawImage(mark(one.stage[index], one.suggested[index], one.flags[index], one.following[index] < 0, width), x, 0, width, ROW);
  }
  strips.set(one, found);
  return found;
}

let asked = 0;
const draw = () => { if (!asked) asked = requestAnimationFrame(drawn); };
function drawn() {
  asked = 0;
  const wide = grid.clientWidth, high = grid.clientHeight, scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(wide * scale) || canvas.height !== Math.round(high * scale)) {
    canvas.width = Math.round(wide * scale);
    canvas.height = Math.round(high * scale);
    canvas.style.width = `${wide}px`;
    canvas.style.height = `${high}px`;
  }
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.fillStyle = colours.ground;
  pen.fillRect(0, 0, wide, high);
  pen.font = FONT;
  const left = grid.scrollLeft, top = grid.scrollTop;
  const from = Math.max(0, Math.floor(top / ROW)), to = Math.min(rows.length, Math.ceil((top + high - HEAD) / ROW));
  const begin = names - left + 4;
  const step = ticks(begin, wide, high);
  for (let row = from; row < to; row++) {
    const one = rows[row], y = HEAD + row * ROW - top;
    if (marked.has(one.name)) {
      pen.fillStyle = colours.marked;
      pen.fillRect(0, y, wide, ROW);
    }
    pen.drawImage(strip(one, left, wide, scale), 0, y, wide, ROW);
  }
  pen.fillStyle = colours.ground;
  pen.fillRect(0, HEAD, names, high - HEAD);
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  for (let row = from; row < to; row++) {
    const one = rows[row], y = HEAD + row * ROW - top;
    if (marked.has(one.name)) {
      pen.fillStyle = colours.marked;
      pen.fillRect(0, y, names, ROW);
    }
    pen.fillStyle = colours.ink;
    pen.font = marked.has(one.name) ? `600 ${FONT}` : FONT;
    pen.fillText((marked.has(one.name) ? "\u25b8" : "") + one.name, 6, y + ROW / 2, names - 10);
  }
  pen.font = FONT;
  header(begin, wide, step);
  if (!rows.length) {
    pen.fillStyle = colours.faint;
    pen.fillText("No animal is so.", names + 8, HEAD + ROW);
  }
  if (chosen) {
    const spot = box(chosen);
    pen.strokeStyle = colours.focus;
    pen.lineWidth = 2;
    if (spot.x + spot.width > names && spot.y >= HEAD - ROW) pen.strokeRect(spot.x - 1, spot.y, spot.width + 1, ROW);
  }
}

const dated = (day) => new Date(day * 86400000).toISOString().slice(0, 10);
function ticks(begin, wide, high) {
  const room = axis === "date" ? 76 : 34;
  const steps = axis === "session" ? [1, 2, 5, 10, 20, 50, 100, 200, 500] : [1, 7, 14, 28, 56, 91, 182, 364, 728];
  const step = steps.find((one) => one * pitch >= room) || steps[steps.length - 1];
  pen.strokeStyle = colours.line;
  pen.lineWidth = 1;
  for (const [x] of labels(begin, wide, step)) {
    pen.beginPath();
    pen.moveTo(Math.round(x) + 0.5, HEAD);
    pen.lineTo(Math.round(x) + 0.5, high);
    pen.stroke();
  }
  return step;
}

function* labels(begin, wide, step) {
  const offset = axis === "session" ? firstNumber : 0;
  for (let where = 0; where < longest; where++) {
    const value = where + offset;
    if (axis === "session" ? value % step && (value !== 1 || step === 2) : where % step) continue;
    const x = begin + where * pitch;
    if (x > wide) return;
    yield [x, axis === "date" ? dated(firstDay + where) : String(value)];
  }
}

function header(begin, wide, step) {
  pen.fillStyle = colours.raised;
  pen.fillRect(0, 0, wide, HEAD);
  pen.fillStyle = colours.faint;
  pen.textAlign = "left";
  for (const [x, text] of labels(begin, wide, step)) if (x >= names - 2) pen.fillText(text, x + 1, HEAD / 2);
  pen.fillStyle = colours.raised;
  pen.fillRect(0, 0, names, HEAD);
  pen.fillStyle = colours.faint;
  pen.fillText(axis === "session" ? "session" : axis === "date" ? "date" : "day", 6, HEAD / 2, names - 10);
  pen.strokeStyle = colours.line;
  pen.strokeRect(-1, -1, wide + 2, HEAD + 0.5);
  pen.beginPath();
  pen.moveTo(names + 0.5, 0);
  pen.lineTo(names + 0.5, canvas.height);
  pen.stroke();
}

// Where a session is drawn, and which one is there.
function box(spot) {
  const { one, index } = spot, row = rows.indexOf(one);
  const where = column(one, index), again = index > 0 && column(one, index - 1) === where;
  return {
    x: names + 4 - grid.scrollLeft + (where + (again ? 0.5 : 0)) * pitch,
    y: HEAD + row * ROW - grid.scrollTop,
    width: Math.min(pitch, WIDEST),
  };
}

function under(event) {
  const edge = grid.getBoundingClientRect(), x = event.clientX - edge.left, y = event.clientY - edge.top;
  const one = rows[Math.floor((y - HEAD + grid.scrollTop) / ROW)];
  if (!one || y < HEAD || x > grid.clientWidth || y > grid.clientHeight) return null;
  if (x < names) return { one, index: -1 };
  const where = (x - names - 4 + grid.scrollLeft) / pitch;
  let best = -1, near = Math.max(1, 6 / pitch);
  for (let index = 0; index < one.count; index++) {
    const distance = Math.abs(column(one, index) + 0.5 - where);
    if (distance <= near) { near = distance; best = index; }
  }
  return best < 0 ? null : { one, index: best };
}

const signed = (number) => (number > 0 ? `+${number}` : String(number).replace("-", "\u2212"));
const staged = (rank) => (rank < 0 ? "unknown" : `${rank + 1} ${data.stages[rank]}`);
function words({ one, index }) {
  const flags = one.flags[index], stage = one.stage[index], suggested = one.suggested[index];
  const following = one.following[index], margin = one.margin[index];
  const facts = [["run at", flags & 1 ? "unknown (open loop)" : `${staged(stage)}, session ${one.at[index]} there`]];
  facts.push(["suggested", staged(suggested) + (flags & 2 ? ", a person chose otherwise" : "")]);
  const decision = data.decisions[one.decision[index]];
  facts.push(["decision", following < 0 ? decision || "none" : `${decision || ""} \u2192 ${staged(following)}`]);
  if (one.task[index] >= 0) facts.push(["task", data.tasks[one.task[index]]]);
  const rule = data.rules[one.rule[index]], error = data.errors[one.error[index]];
  if (rule) facts.push(["rule", rule]);
  if (margin !== null && margin !== undefined) facts.push(["margin", signed(margin)]);
  if (error) facts.push(["error", error]);
  data.metrics.forEach((name, number) => {
    const value = one.metrics[number][index];
    if (value !== null) facts.push([name, String(value)]);
  });
  const curriculum = data.curricula[one.curriculum[index]];
  return { title: `${one.name}, session ${one.number[index]}, ${dated(one.day[index])}`, curriculum, facts };
}

function element(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

function choose(spot) {
  const same = chosen && spot && chosen.one === spot.one && chosen.index === spot.index;
  if (same || (!chosen && !spot)) return;
  chosen = spot;
  details.hidden = !spot;
  if (spot) {
    const said = words(spot), list = document.createElement("dl");
    for (const [name, value] of said.facts) list.append(element("dt", name), element("dd", value));
    details.replaceChildren(element("h2", said.title), ...(said.curriculum ? [element("p", said.curriculum)] : []), list);
    const edge = grid.getBoundingClientRect(), mine = box(spot), own = details.getBoundingClientRect();
    const right = edge.left + mine.x + mine.width + 10, below = edge.top + mine.y + ROW + 4;
    details.style.left = `${Math.max(0, right + own.width > innerWidth ? edge.left + mine.x - own.width - 10 : right)}px`;
    details.style.top = `${Math.max(0, below + own.height > innerHeight ? innerHeight - own.height - 4 : below)}px`;
  }
  draw();
}

function toggle(one) {
  marked.has(one.name) ? marked.delete(one.name) : marked.add(one.name);
  by("with").value === "marked" ? select() : draw();
}

function reveal(spot) {
  const mine = box(spot);
  if (mine.y < HEAD) grid.scrollTop += mine.y - HEAD;
  if (mine.y + ROW > grid.clientHeight) grid.scrollTop += mine.y + ROW - grid.clientHeight;
  if (mine.x < names) grid.scrollLeft += mine.x - names - 8;
  if (mine.x + mine.width > grid.clientWidth) grid.scrollLeft += mine.x + mine.width - grid.clientWidth + 8;
}

function nearest(one, where) {
  let best = 0;
  for (let index = 0; index < one.count; index++)
    if (Math.abs(column(one, index) - where) < Math.abs(column(one, best) - where)) best = index;
  return best;
}

const pages = () => Math.max(1, Math.floor((grid.clientHeight - HEAD) / ROW) - 1);
const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], PageUp: [-1, 0], PageDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity] };
grid.addEventListener("keydown", (event) => {
  if (!rows.length || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return choose(null);
  if (event.key.toLowerCase() === "m" && chosen) return toggle(chosen.one);
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  let spot;
  if (!chosen) spot = { one: rows[Math.min(rows.length - 1, Math.floor(grid.scrollTop / ROW))], index: 0 };
  else {
    const far = event.key.startsWith("Page") ? pages() : 1;
    const row = Math.min(rows.length - 1, Math.max(0, rows.indexOf(chosen.one) + move[0] * far)), one = rows[row];
    const index = move[0] ? nearest(one, column(chosen.one, chosen.index)) : Math.min(one.count - 1, Math.max(0, chosen.index + move[1]));
    spot = { one, index };
  }
  spot.kept = true;  // the scroll that shows it does not end it
  reveal(spot);
  choose(spot);
});
grid.addEventListener("pointermove", (event) => {
  if (event.pointerType === "touch") return;
  const spot = under(event);
  grid.style.cursor = spot ? "pointer" : "";
  choose(spot && spot.index >= 0 ? spot : null);
});
grid.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") choose(null); });
grid.addEventListener("click", (event) => {
  const spot = under(event);
  if (spot && spot.index < 0) toggle(spot.one);
  else choose(spot);
});
grid.addEventListener("scroll", () => { if (!chosen?.kept) choose(null); draw(); }, { passive: true });

by("find").addEventListener("input", select);
by("with").addEventListener("change", select);
by("axis").addEventListener("change", (event) => { axis = event.target.value; fitted = true; grid.scrollLeft = 0; size(); });
by("order").addEventListener("change", (event) => { order = event.target.value; grid.scrollTop = 0; select(); });
by("direction").addEventListener("click", () => { descending = !descending; select(); });
const zoom = (factor) => { fitted = false; pitch = Math.max(NARROWEST, Math.min(WIDEST, pitch * factor)); size(); };
by("narrower").addEventListener("click", () => zoom(1 / 1.5));
by("wider").addEventListener("click", () => zoom(1.5));
by("fit").addEventListener("click", () => { fitted = true; size(); });
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
by("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  repaint();
});

// The legend shows marks as they are drawn at the moment: with numbers, or as bars.
function samples() {
  const scale = devicePixelRatio || 1, isNumbered = pitch >= READABLE, width = isNumbered ? 20 : 7;
  const last = data.stages.length - 1, second = Math.min(1, last);
  for (const one of document.querySelectorAll(".sample")) {
    const kind = one.dataset.kind;
    const found = kind === "moved" ? mark(second, last, 2, false, width) : kind === "open" ? mark(0, 0, 1, false, width) : mark(+kind, +kind, 0, false, width);
    one.width = found.width;
    one.height = found.height;
    one.style.width = `${width}px`;
    one.style.height = `${ROW}px`;
    one.getContext("2d").drawImage(found, 0, 0);
  }
  root.classList.toggle("bars", !isNumbered);
}
function repaint() {
  settle();
  samples();
  draw();
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
new ResizeObserver(() => { measured(); size(); }).observe(grid);
by("axis").value = axis;
by("order").value = order;
if (innerWidth <= 640) by("options").open = false;
measured();
settle();
select();
