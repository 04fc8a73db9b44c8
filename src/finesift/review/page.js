"use strict";
// Text from rows enters the page as text nodes only. Every act has a key and is sent, in order, until it is answered;
// what is not answered lies in the browser's store, so neither a reload nor a server that was killed loses it.
const AHEAD = 12, FOLDED = 300, WORD = /[\p{L}\p{N}]/u, READ = 15_000, LONGEST_LOOK = 300, RETRY = 250, MOST_RETRY = 3000;
const $ = (selector) => document.querySelector(selector);
const tab = crypto.randomUUID();
const store = `finesift ${location.pathname} `;
const pending = new Map();
let current = null, ahead = [], history = [], earlier = [], lot = null, blind = false, finished = false;
const gone = new Set();
let unfolded = false, systems = [];  // texts of the system messages of the rows that were shown
let fetching = null, since = 0, spent = 0, together = false, view = "conversation", reason = -1, chain = Promise.resolve();

const el = (tag, cls, ...inside) => {
  const one = document.createElement(tag);
  if (cls) one.className = cls;
  one.append(...inside.filter((part) => part !== null && part !== undefined && part !== ""));
  return one;
};
const say = (text) => { $("#spoken").textContent = text; };
const notice = (text) => { $("#notice").textContent = text; };
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function ask(path, body) {
  const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, options);
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.error ?? "the server did not understand"), { status: answer.status, hint: said.hint });
  return said;
}

// Acts: kept until they are answered.
function act(path, body) {
  const key = crypto.randomUUID(), one = { path, body: { key, ...body }, at: Date.now() };
  localStorage.setItem(store + key, JSON.stringify(one));
  enqueue(one);
  return key;
}
function enqueue(one) {
  pending.set(one.body.key, one);
  standing();
  chain = chain.then(() => send(one));
}
async function send(one) {
  for (let pause = RETRY; ; pause = Math.min(2 * pause, MOST_RETRY)) {
    try {
      const answer = await ask(one.path, one.body);
      if (one.body.lot === undefined || one.body.lot === lot) left = answer.left;
      break;
    } catch (error) {
      if (error.status === 400 || error.status === 409 || error.status === 422) {
        const refused = `Not written: ${error.message}`;
        notice(refused);
        setTimeout(() => { if ($("#notice").textContent === refused) notice(""); }, READ);
        history = history.filter((past) => past.key !== one.body.key);
        break;
      }
      notice(error.status ? `${error.message} ${error.hint ?? ""}` : "The server does not answer. What you decided is kept here, and sent when it is back.");
      await wait(pause);
    }
  }
  if (!/^Not written/.test($("#notice").textContent)) notice("");
  pending.delete(one.body.key);
  localStorage.removeItem(store + one.body.key);
  standing();
  if (!pending.size) refresh();
}
function adopt() {
  const found = [];
  for (let at = 0; at < localStorage.length; at++) {
    const name = localStorage.key(at);
    if (name.startsWith(store)) try { found.push(JSON.parse(localStorage.getItem(name))); } catch { localStorage.removeItem(name); }
  }
  found.sort((a, b) => a.at - b.at).forEach(enqueue);
}

// Rows: a few are fetched ahead, so that a key never waits and never meets a row that was not shown.
let left = 0, pace = null, done = 0;
async function refill() {
  if (fetching || finished || ahead.length > AHEAD / 2) return fetching;
  const of = lot;
  fetching = (async () => {
    const held = [current, ...ahead, ...[...pending.values()].map((one) => ({ id: one.body.id ?? one.body.rule?.id }))].filter((row) => row?.id).map((row) => row.id);
    for (let pause = RETRY; ; pause = Math.min(2 * pause, MOST_RETRY)) {
      try {
        const rows = await ask("deal", { tab, lot: of, count: current || ahead.length ? AHEAD - ahead.length : 2, held });
        if (of === lot) { ahead.push(...rows.filter((row) => !gone.has(row.id))); finished = rows.length === 0; }
        break;
      } catch (error) {
        if (error.status && error.status < 500) { notice(error.message); break; }
        await wait(pause);
      }
    }
    fetching = null;
    if (!current) advance();
  })();
  return fetching;
}
function advance() {
  current = ahead.shift() ?? null;
  if (current) systems = [systems.at(-1), current.messages.find((one) => one.role === "system")?.text ?? null];
  together = false; reason = -1; since = performance.now(); spent = 0;
  $("#why").value = ""; $(".note").hidden = true; $("#kind").hidden = true;
  show();
  refill();
}

async function refresh() {
  try {
    const now = await ask(`state?lot=${encodeURIComponent(lot ?? "")}`);
    [left, pace, done, blind] = [now.left, now.pace, now.done, now.blind];
    if (lot === null) { lot = now.lot; earlier = now.last; }
    const options = now.lots.map((name) => Object.assign(el("option", "", name === "first" ? "those that tell most" : name), { value: name, selected: name === lot }));
    $("#lot").replaceChildren(...options);
    $("#gate").hidden = !now.gate;
    if (now.gate) $("#gate").textContent = `${now.gate.said}. ${percent(now.gate.interval)} wrong, at ${now.gate.confidence * 100} % confidence; ${now.gate.beforehand} rows without an error would have been needed beforehand.`;
    document.title = `Review: ${now.left} left`;
  } catch (error) { if (error.status) notice(error.message); }
  standing();
}
const percent = ([low, high]) => `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %`;
function standing() {
  $("#left").textContent = `${left.toLocaleString("en")} left`;
  $("#pace").textContent = pace ? `${pace.toFixed(pace < 10 ? 1 : 0)} s a row` : "";
  $("#saved").textContent = pending.size ? `${pending.size} not yet written` : `${done.toLocaleString("en")} decided`;
  $("#saved").className = pending.size > AHEAD ? "waiting" : "";
  document.body.dataset.pending = pending.size;
}

// What a person may do.
function decide(outcome, edits = []) {
  if (!current) return say(finished ? "nothing is left" : "the next row is on its way");
  const row = current, also = together ? row.alike.map((one) => one.id) : [];
  const seconds = Math.min(LONGEST_LOOK, (spent + performance.now() - since) / 1000);
  const key = act("decide", { id: row.id, version: row.version, outcome, why: $("#why").value.trim() || null, seconds, lot: row.lot, showing: row.showing, also, edits });
  history.push({ key, row });
  if (outcome !== "skip") left = Math.max(0, left - 1);
  leave(also);
  say({ keep: "kept", set_aside: "set aside", skip: "skipped" }[outcome]);
  advance();
}
// Rows that were decided with another are not shown, even where they are on their way here.
function leave(ids) {
  for (const id of ids) gone.add(id);
  ahead = ahead.filter((one) => !gone.has(one.id));
}
// Of rows that are alike one usually wants one: this one is kept, the others are set aside, and one undo takes both back.
function only() {
  const row = current, others = row?.alike ?? [];
  if (!others.length) return say("no other row is like it");
  together = false;
  decide("keep");
  const [one, ...rest] = others;
  const key = act("decide", { id: one.id, version: one.version, outcome: "set_aside", why: `like ${row.source}:${row.row}, which is kept`, seconds: 0, lot: row.lot, showing: 0, also: rest.map((other) => other.id), edits: [] });
  history.at(-1).others = key;
  leave(others.map((other) => other.id));
  if (current && gone.has(current.id)) advance();
  left = Math.max(0, left - others.length);
  standing();
}
function undo() {
  const past = history.pop();
  gone.clear();
  if (past) {
    if (past.others) act("undo", { undoes_key: past.others });
    act("undo", { undoes_key: past.key });
    back(past.row);
  } else if (earlier.length) {
    const last = earlier.pop();
    act("undo", { number: last.number });
    chain = chain.then(() => ask(`row?id=${encodeURIComponent(last.id)}&lot=${encodeURIComponent(lot)}`)).then(back, (error) => notice(error.message));
  } else say("nothing to undo");
}
function back(row) {
  if (current) ahead.unshift(current);
  ahead = ahead.filter((one) => one.id !== row.id);
  current = row; finished = false; together = false; reason = -1; since = performance.now(); spent = 0;
  say("taken back");
  show();
}
function changed(before, after) {
  // Where two texts differ. A word that was cut into is taken whole, and so are the words around an insertion.
  let start = 0, end = 0;
  while (start < before.length && before[start] === after[start]) start++;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const inserted = start + end >= before.length, inside = (a, b) => inserted ? /\S/.test(a) : WORD.test(a) && WORD.test(b);
  while (start > 0 && inside(before[start - 1], before[start] ?? "")) start--;
  while (end > 0 && inside(before.at(-end), before.at(-end - 1) ?? "")) end--;
  return [before.slice(start, before.length - end), after.slice(start, after.length - end)];
}
function note() { $(".note").hidden = false; $("#why").focus(); }
function edit(turn = null) {
  const turns = current?.messages.filter((one) => one.text !== null) ?? [];
  const chosen = turns.find((one) => turn === null ? one.pieces.some(([, marks]) => marks.length) : one.turn === turn) ?? turns.filter((one) => one.role === "assistant").pop() ?? turns.at(-1);
  if (!chosen) return say("this text is too long to be corrected here");
  if (view !== "conversation") { view = "conversation"; show(); }
  const open = document.querySelector(`textarea[data-edits="${chosen.turn}"]`);
  if (open) return open.focus();
  const box = Object.assign(el("textarea"), { value: chosen.text, ariaLabel: `Message ${chosen.turn + 1}, ${chosen.role}` });
  box.dataset.edits = chosen.turn;
  const stop = () => { show(); $("#main").focus(); };
  // Several messages may be open: they are saved together, as one correction of the row.
  const save = () => {
    const edits = [...document.querySelectorAll("textarea[data-edits]")].map((one) => ({ turn: Number(one.dataset.edits), content: one.value })).filter((one) => one.content !== turns.find((of) => of.turn === one.turn).text);
    if (edits.length) decide("keep", edits); else stop();
  };
  const button = (cls, label, onclick) => Object.assign(el("button", cls, label), { type: "button", onclick });
  const all = button("", "See who else says it", () => { const [was, now] = changed(chosen.text, box.value); show(); kind(was, now, chosen.role === "assistant" ? "phrase" : "prompt"); });
  box.onkeydown = (event) => { if (event.key === "Escape") stop(); else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save(); };
  document.querySelector(`[data-turn="${chosen.turn}"] .text`).replaceWith(box, el("div", "views", button("keep", "Save and keep", save), all, button("", "Leave it", stop)));
  box.style.height = `${Math.min(box.scrollHeight + 4, innerHeight / 2)}px`;
  box.focus();
}
const RULES = { opening: (text) => `its answer begins with “${text}”`, check: (text) => `${text} found something in it`, alike: () => "it is like this row, or like one that is" };
// Fix one, apply to its kind: the rule is named, every row that it touches is listed, and all are one step.
async function kind(text = String(getSelection()).trim(), replacement = null, says = "phrase") {
  if (!current) return;
  const box = $("#kind"), row = current;
  const shut = () => { box.hidden = true; $("#main").focus(); };
  if (!box.hidden) return shut();
  let found;
  try { found = await ask("kind", { id: row.id }); } catch (error) { return notice(error.message); }
  // A phrase may go over several lines.
  const field = (value) => Object.assign(el("textarea", "phrase"), { value, maxLength: 2000, rows: Math.min(4, value.split("\n").length) });
  const phrase = field(text), put = field(replacement ?? "");
  const swap = Object.assign(el("input"), { type: "checkbox", checked: replacement !== null });
  const rules = found.rules.map((rule) => [RULES[rule.name](rule.text), () => rule]);
  const saying = (name) => () => ({ name, text: phrase.value, replacement: swap.checked ? put.value : null });
  rules.unshift(["an answer says the phrase below", saying("phrase")], ["another message says the phrase below", saying("prompt")]);
  const first = says === "prompt" ? 1 : 0;
  const result = el("div");
  const choices = rules.map(([label, of], at) => {
    const radio = Object.assign(el("input"), { type: "radio", name: "rule", checked: at === first });
    radio.onchange = () => preview(of());
    return el("div", "", el("label", "", radio, ` ${label}`));
  });
  const look = Object.assign(el("button", "", "Look"), { type: "button", onclick: () => { const at = choices[1].querySelector("input").checked ? 1 : 0; choices[at].querySelector("input").checked = true; preview(rules[at][1]()); } });
  async function preview(rule) {
    result.replaceChildren();
    try {
      const { rows } = await ask("kind", { id: row.id, name: rule.name, text: rule.text, replacement: rule.replacement ?? null });
      const list = el("ul", "", ...rows.map((one) => el("li", "", one.text || one.id)));
      list.tabIndex = 0; list.setAttribute("aria-label", "Rows of its kind");
      const button = (label, outcome) => Object.assign(el("button", outcome, label), { type: "button", onclick: () => decideKind(row, rule, rows, outcome) });
      const changes = (rule.replacement ?? null) !== null;
      const them = rows.length === 1 ? "this row" : `all ${rows.length.toLocaleString("en")}`;
      result.append(el("p", "quiet", rows.length === 1 ? "This row only:" : `${rows.length.toLocaleString("en")} rows, as they end:`), list, el("div", "views", button(changes ? `Correct and keep ${them}` : `Keep ${them}`, "keep"), changes ? null : button(`Set aside ${them}`, "set_aside")));
    } catch (error) { result.append(el("p", "quiet", error.message)); }
  }
  box.replaceChildren(el("h2", "", "Every row of which this holds"), ...choices, el("div", "rule", el("label", "", "Phrase ", phrase), el("label", "", swap, " and put in its place"), el("label", "", "The other ", put)), el("div", "views", look, Object.assign(el("button", "", "Close"), { type: "button", onclick: shut })), result);
  box.hidden = false;
  box.scrollIntoView({ block: "start" });
  if (text) preview(rules[first][1]()); else phrase.focus();
}
function decideKind(row, rule, rows, outcome) {
  if (row !== current) return notice("Another row is shown by now.");
  const seconds = Math.min(LONGEST_LOOK, (spent + performance.now() - since) / 1000);
  const key = act("decide-kind", { rule: { id: row.id, name: rule.name, text: rule.text, replacement: rule.replacement ?? null }, seen: rows.length, outcome, version: row.version, why: $("#why").value.trim() || null, seconds, lot: row.lot, showing: row.showing });
  history.push({ key, row });
  leave(rows.map((one) => one.id));
  say(`${rows.length} rows decided as one`);
  advance();
}
function nextReason() {
  const found = [...document.querySelectorAll(".finding")];
  if (!found.length) return say("no reason is given");
  reason = (reason + 1) % found.length;
  document.querySelectorAll(".now").forEach((one) => one.classList.remove("now"));
  found[reason].classList.add("now");
  const mark = document.querySelector(`mark[data-of~="${found[reason].dataset.number}"]`);
  mark?.classList.add("now");
  (mark ?? found[reason]).scrollIntoView({ block: "center" });
  say(found[reason].textContent);
}
const DO = { keep: () => decide("keep"), set_aside: () => decide("set_aside"), skip: () => decide("skip"), undo, edit: () => edit(), note, kind: () => kind(), reason: nextReason };
const KEYS = { k: "keep", s: "set_aside", j: "skip", u: "undo", e: "edit", n: "note", g: "kind", r: "reason" };
const MORE = { x: unfold, o: only };
const VIEWS = { 1: "conversation", 2: "rendered", 3: "raw" };

// How a row looks.
function pieces(parts) {
  return parts.map(([text, marks]) => {
    if (!marks.length) return text;
    const mark = el("mark", marks.includes("same") ? "same" : "", text);
    mark.dataset.of = marks.join(" ");
    return mark;
  });
}
function message(one) {
  const who = `${one.turn + 1} ${one.role}${one.part === "messages" ? "" : ` (${one.part})`}${one.name ? ` ${one.name}` : ""}`;
  const mend = one.text === null ? null : Object.assign(el("button", "mend", "edit"), { type: "button", ariaLabel: `Edit message ${one.turn + 1}`, onclick: () => edit(one.turn) });
  const box = el("div", one.role, el("div", "role", who, mend));
  box.dataset.turn = one.turn;
  if (one.reasoning) box.append(el("div", "quiet", one.reasoning));
  box.append(...folded(one, el("div", "text", ...pieces(one.pieces))));
  if (one.before !== null) box.append(el("p", "quiet", `Corrected by ${one.edited_by}. Before: `, el("del", "", one.before)));
  if (one.cut) box.append(el("p", "quiet", `${one.cut.toLocaleString("en")} more characters are not shown.`));
  if (one.tool_calls) box.append(el("div", "raw", one.tool_calls));
  return box;
}
// A system message is often the same in every row, and long: it gives way to what is decided on.
function folded(one, text) {
  const marked = one.pieces.some(([, marks]) => marks.length);
  if (one.role !== "system" && one.role !== "developer" || marked || text.textContent.length < FOLDED || unfolded) return [text];
  const again = text.textContent === systems.at(-2);
  const more = Object.assign(el("button", "mend", again ? "the same as in the row before: show it" : `show all ${text.textContent.length.toLocaleString("en")} characters`), { type: "button", onclick: unfold });
  more.setAttribute("aria-keyshortcuts", "x");
  text.classList.add(again ? "again" : "folded");
  return [text, more];
}
function unfold() { unfolded = !unfolded; show(); say(unfolded ? "long texts are shown whole" : "long texts are folded"); }
function finding(one) {
  const limit = one.set_aside !== null && one.score >= one.set_aside ? `set aside from ${one.set_aside}` : one.review !== null ? `review from ${one.review}` : "no limit";
  const box = el("div", "finding", el("h3", "", one.check), el("p", "quiet", `${one.score.toFixed(2)}, ${limit}${one.turn === null ? "" : `; message ${one.turn + 1}`}`), el("p", "", one.message));
  box.dataset.number = one.number;
  if (one.other) box.append(el("p", "quiet", `with ${one.place ?? one.other}`));
  return box;
}
function alike() {
  if (!current.alike.length) return null;
  const box = el("section", "alike", el("h2", "", current.alike.length === 1 ? "Another row like it" : `${current.alike.length} rows like it`));
  const check = Object.assign(el("input"), { type: "checkbox", checked: together, id: "together", onchange: () => { together = check.checked; } });
  const label = el("label", "", check, " ", el("kbd", "", "a"), "decide all of them as one");
  const list = el("ul", "", ...current.alike.map((one) => el("li", "", one.text)));
  list.tabIndex = 0; list.setAttribute("aria-label", "Rows like it");
  const one = Object.assign(el("button", "", el("kbd", "", "o"), current.alike.length === 1 ? "keep only this one, set the other aside" : `keep only this one, set the other ${current.alike.length} aside`), { type: "button", onclick: only });
  one.setAttribute("aria-keyshortcuts", "o");
  box.append(label, el("div", "views", one), list);
  return box;
}
function beside(one) {
  if (one.beside.mark === "same") return `Beside ${one.place}, what both say marked`;
  const differs = [...one.beside.mine, ...one.beside.other].some(([, marks]) => marks.length);
  return `Beside ${one.place}, ${differs ? "what differs marked" : "the same but for case, signs or layout"}`;
}
function conversation() {
  const notes = el("div", "", el("h2", "", current.findings.length ? "Why it is here" : "No check found anything"), ...current.findings.map(finding));
  const told = blind ? null : notes;
  const talk = el("div", "", ...current.messages.map(message), alike());
  for (const one of current.findings) if (one.beside) {
    talk.append(el("h2", "", beside(one)), el("div", "sides", el("div", "text", ...pieces(one.beside.mine)), el("div", "text", ...pieces(one.beside.other))));
  }
  if (current.tools) talk.append(el("h2", "", "Tools"), el("div", "raw", current.tools));
  if (current.extra) talk.append(el("h2", "", "Other fields"), el("div", "raw", current.extra));
  return el("div", told ? "columns" : "columns alone", talk, told);
}
async function other(name) {
  const of = current.id, box = el("div", "", el("p", "quiet", "…"));
  (async () => {
    try {
      const found = await ask(`${name}?id=${encodeURIComponent(of)}`);
      if (name === "raw") return box.replaceChildren(el("div", "raw", found.text));
      box.replaceChildren(...found.flatMap((one) => [
        el("p", "quiet", `${one.part === "messages" ? "" : `${one.part}: `}${one.tokens} tokens, ${one.trained} trained. ${one.problems.map((p) => p.message).join(" ")}`),
        el("div", "mask", ...one.runs.map((run) => el("span", `${run.trained ? "trained" : ""} ${run.special ? "special" : ""}`, run.text))),
      ]));
    } catch (error) { box.replaceChildren(el("p", "quiet", error.message)); }
  })();
  return box;
}
async function show() {
  const row = $("#row");
  document.body.dataset.row = current?.id ?? "";
  if (!current) return row.replaceChildren(el("p", "end", finished ? "Nothing is left here. Choose other rows above, or stop the server." : "…"));
  const told = current.decided;
  const place = Object.assign(el("code", "", `${current.source}:${current.row}`), { title: current.file });
  const about = el("div", "about", place, ...current.behaviours.map((one) => el("span", "", `${one.name.replaceAll("_", " ")}${one.cell ? ` (${one.cell})` : ""}`)), el("span", "", current.shape), current.tokens === null ? null : el("span", "", `${current.tokens} tokens`),
    current.synthetic ? el("span", "pill", "synthetic") : null, current.showing ? el("span", "pill", "seen before") : null, told ? el("span", `pill ${told.outcome}`, told.outcome.replace("_", " ")) : null, el("code", "", current.id));
  const views = el("div", "views", ...Object.entries({ conversation: "Conversation", rendered: "As the model reads it", raw: "As it came in" }).map(([name, label], at) => {
    const button = Object.assign(el("button", "", el("kbd", "", String(at + 1)), label), { type: "button", onclick: () => { view = name; show(); } });
    button.setAttribute("aria-pressed", String(view === name)); button.setAttribute("aria-keyshortcuts", String(at + 1));
    return button;
  }));
  row.replaceChildren(about, views, view === "conversation" ? conversation() : await other(view));
  scrollTo(0, 0);
}

// What follows from it.
function table(caption, heads, rows) {
  const head = (text) => { const one = el("th", "", text); one.scope = "col"; return one; };
  return el("table", "", el("caption", "", caption), el("thead", "", el("tr", "", ...heads.map(head))), el("tbody", "", ...rows.map((row) => el("tr", "", ...row.map((cell) => el("td", "", String(cell)))))));
}
const share = (value) => `${(100 * value).toFixed(1)} %`;
async function figures() {
  const box = $("#figures");
  if (!box.hidden) return close();
  try {
    const found = await ask("figures");
    const parts = [el("h2", "", `${found.decided} rows decided, ${found.wrong} of them wrong`)];
    if (found.lots.length) parts.push(table("Lots", ["lot", "wrong", "read", "95 %", "what follows"], found.lots.map((one) => [one.lot, one.errors, one.read, percent(one.interval), one.said])));
    if (found.errors.length) parts.push(table("Wrong rows, of those drawn at random from all", ["by", "", "wrong", "read", "of", "share", "95 %"], found.errors.map((one) => [one.by, one.name, one.wrong, one.read, one.rows, share(one.share), percent(one.interval)])));
    else parts.push(el("p", "quiet", "How many rows are wrong in all: choose the rows “random” above and read some. The ones that tell most are no sample."));
    if (found.checks.length) parts.push(table("How often a check was right", ["check", "right", "read", "share", "95 %", "limit that would follow"], found.checks.map((one) => [one.check, one.right, one.read, share(one.share), percent(one.interval), one.proposal ?? ""])));
    const { pairs, alpha, oneself } = found.agreement, number = (value) => value === null ? "not defined" : value.toFixed(2);
    if (pairs.length) parts.push(table("Agreement", ["people", "rows", "the same", "Cohen's kappa"], pairs.map((one) => [one.people.join(", "), one.rows, one.same, number(one.kappa)])));
    if (pairs.length > 1) parts.push(el("p", "", `Krippendorff's alpha of all: ${number(alpha)}`));
    if (oneself.length) parts.push(table("Consistency with oneself", ["person", "rows seen twice", "the same"], oneself.map((one) => [one.person, one.rows, one.same])));
    parts.push(Object.assign(el("button", "", "Back to the rows"), { type: "button", onclick: close }));
    box.replaceChildren(...parts);
    box.hidden = false; $("#row").hidden = true;
  } catch (error) { notice(error.message); }
}
function close() { $("#figures").hidden = true; $("#row").hidden = false; $("#main").focus(); }
$("#figures-open").addEventListener("click", figures);

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox";
  if (event.target.id === "why" && (event.key === "Enter" || event.key === "Escape")) { $("#main").focus(); event.preventDefault(); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const key = event.key.toLowerCase();
  if (key === "f") return void figures();
  if (!$("#figures").hidden) return;
  if (event.repeat && KEYS[key]) return event.preventDefault();
  if (KEYS[key]) { event.preventDefault(); DO[KEYS[key]](); }
  else if (MORE[key] && current) MORE[key]();
  else if (VIEWS[key] && current) { view = VIEWS[key]; show(); }
  else if (key === "a" && current?.alike.length && $("#together")) { together = !together; $("#together").checked = together; say(together ? "all as one" : "this one only"); }
});
document.addEventListener("click", (event) => { const button = event.target.closest("[data-do]"); if (button && $("#figures").hidden) DO[button.dataset.do](); });
document.addEventListener("visibilitychange", () => { if (document.hidden) spent += performance.now() - since; else since = performance.now(); });
$("#lot").addEventListener("change", (event) => { lot = event.target.value; ahead = []; current = null; finished = false; event.target.blur(); refresh(); show(); refill(); });
addEventListener("pagehide", () => { fetch("release", { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ tab }) }).catch(() => {}); });

adopt();
chain = chain.then(async () => {
  for (let pause = RETRY; lot === null; pause = Math.min(2 * pause, MOST_RETRY)) { await refresh(); if (lot === null) await wait(pause); }
  refill();
});
