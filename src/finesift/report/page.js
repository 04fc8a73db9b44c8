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
// A link to a check opens it, and paper shows everything.
function follow() {
  const card = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (card && card.matches(".check")) card.open = true;
}
addEventListener("hashchange", follow);
follow();
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(one => { one.open = true; }));
