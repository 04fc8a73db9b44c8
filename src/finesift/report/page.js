const search = document.getElementById("search"), select = document.getElementById("check");
const cards = [...document.querySelectorAll(".check")], acts = [...document.querySelectorAll("[name=act]")];
const text = new Map(cards.map(card => [card, card.textContent.toLowerCase()]));
function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean), act = acts.find(a => a.checked).value;
  let count = 0;
  for (const card of cards) {
    const fits = (!select.value || card.dataset.check === select.value)
      && (!act || card.dataset.acts.split(" ").includes(act))
      && words.every(word => text.get(card).includes(word));
    card.hidden = !fits;
    count += fits;
    if (fits && (words.length || select.value)) card.open = true;
  }
  document.getElementById("count").textContent = `${count} of ${cards.length} checks`;
}
if (search) {
  search.addEventListener("input", filter);
  select.addEventListener("change", filter);
  acts.forEach(act => act.addEventListener("change", filter));
  document.addEventListener("keydown", event => {
    if (event.key === "/" && !/INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) { event.preventDefault(); search.focus(); }
    if (event.key === "Escape" && event.target === search) { search.value = ""; filter(); }
  });
  filter();
}
// The map: coloured by what is chosen, searched by words, a value of the legend alone where it is pressed.
const dots = [...document.querySelectorAll("#dots circle")];
if (dots.length) {
  const by = document.getElementById("map-by"), find = document.getElementById("map-search"), list = document.getElementById("map-found");
  const told = new Map(dots.map(dot => [dot, dot.textContent])), legends = [...document.querySelectorAll(".legend")];
  const MOST = 12;
  let only = "", chosen = null;
  function look() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean), place = +by.value, found = [];
    for (const dot of dots) {
      const fits = (!only || dot.dataset.m[place] === only) && words.every(word => told.get(dot).toLowerCase().includes(word));
      dot.classList.toggle("off", !fits);
      dot.classList.toggle("on", dot === chosen);
      if (fits) found.push(dot);
    }
    document.getElementById("map-count").textContent = `${found.length} of ${dots.length} rows`;
    const some = chosen ? [chosen] : words.length || only ? found.slice(0, MOST) : [];
    list.hidden = !some.length;
    list.replaceChildren(...some.map(dot => Object.assign(document.createElement("li"), { textContent: told.get(dot), dir: "auto" })));
  }
  function colour() {
    only = ""; chosen = null;
    const colours = {};
    for (const legend of legends) {
      legend.hidden = legend.dataset.by !== by.value;
      for (const button of legend.querySelectorAll("button")) {
        button.setAttribute("aria-pressed", "false");
        if (!legend.hidden) colours[button.dataset.n] = button.dataset.c;
      }
    }
    for (const dot of dots) dot.style.fill = colours[dot.dataset.m[+by.value]];
    look();
  }
  document.getElementById("map-tools").hidden = false;
  by.addEventListener("change", colour);
  find.addEventListener("input", () => { chosen = null; look(); });
  legends.forEach(legend => legend.addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    only = only === button.dataset.n ? "" : button.dataset.n; chosen = null;
    legend.querySelectorAll("button").forEach(one => one.setAttribute("aria-pressed", String(one === button && !!only)));
    look();
  }));
  document.getElementById("dots").addEventListener("click", event => {
    const dot = event.target.closest("circle");
    chosen = dot && dot !== chosen ? dot : null;
    look();
  });
  colour();
}
// Rows for review: one key each, kept in this browser until they are saved as a file.
const asked = [...document.querySelectorAll(".asked")], said = new Map(), key = "finesift " + location.pathname;
let at = -1;
const WORDS = { keep: "kept", set_aside: "set aside" };
function seen() { return asked.filter(row => !row.hidden); }
function paint() {
  for (const row of asked) {
    const word = said.get(row.dataset.id), pill = row.querySelector(".pill.said");
    pill.hidden = !word; pill.textContent = word ? WORDS[word.outcome] : ""; pill.className = `pill said ${word ? word.outcome : ""}`;
    row.classList.toggle("now", row === seen()[at]);
  }
  document.getElementById("review-save").disabled = !said.size;
  document.getElementById("review-count").textContent = `${said.size} of ${asked.length} decided`;
}
function go(to) {
  const rows = seen();
  at = Math.max(0, Math.min(rows.length - 1, to));
  paint();
  if (rows[at]) { rows[at].scrollIntoView({ block: "nearest" }); rows[at].focus({ preventScroll: true }); }
}
function say(row, outcome) {
  if (outcome) said.set(row.dataset.id, { id: row.dataset.id, outcome, by: "the report", time: new Date().toISOString() });
  else said.delete(row.dataset.id);
  try { localStorage.setItem(key, JSON.stringify([...said.values()])); } catch { /* a browser may keep nothing */ }
  paint();
}
if (asked.length) {
  const known = new Set(asked.map(row => row.dataset.id));
  try { for (const one of JSON.parse(localStorage.getItem(key) || "[]")) if (known.has(one.id) && WORDS[one.outcome]) said.set(one.id, one); } catch { /* not ours */ }
  const choose = document.getElementById("review-check");
  choose.addEventListener("change", () => { asked.forEach(row => { row.hidden = !!choose.value && row.dataset.check !== choose.value; }); at = -1; paint(); });
  document.getElementById("review-rows").addEventListener("click", event => {
    const row = event.target.closest(".asked"), button = event.target.closest("[data-say]");
    if (!row) return;
    at = seen().indexOf(row);
    if (button) say(row, button.dataset.say); else paint();
  });
  document.addEventListener("keydown", event => {
    if (/INPUT|SELECT|TEXTAREA/.test(event.target.tagName) || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = seen()[at], name = event.key.toLowerCase(), outcome = { k: "keep", s: "set_aside", u: "" }[name];
    if (name === "j") go(at + 1);
    else if (name === "i") go(at - 1);
    else if (outcome !== undefined && row) { say(row, outcome); if (outcome) go(at + 1); }
    else return;
    event.preventDefault();
  });
  document.getElementById("review-save").addEventListener("click", () => {
    const lines = [...said.values()].map(one => JSON.stringify(one) + "\n").join("");
    const link = Object.assign(document.createElement("a"), { download: "decisions.jsonl", href: URL.createObjectURL(new Blob([lines])) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  if (said.size) paint();
}
// A link to a check opens it, and paper shows everything.
function follow() {
  const card = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (card && card.matches(".check")) card.open = true;
}
addEventListener("hashchange", follow);
follow();
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(one => { one.open = true; }));
