// The picture beside the buttons: tap a site, then its score; or type the scores one after another. The buttons stay the authority.
const form = document.querySelector("form[data-bodymap]");
const map = form.querySelector("[data-map]");
const sites = [...form.querySelectorAll("[data-sites] fieldset[data-item]")];
const status = form.querySelector("[data-status]");
const now = form.querySelector("[data-now]");
const radios = (site) => [...site.querySelectorAll("[name^='v.']")];
const score = (site) => radios(site).find((one) => one.checked)?.value ?? "";
const absent = (site) => site.querySelector(".absence").value;
const empty = (site) => !score(site) && !absent(site);
const fill = (text, values) => Object.entries(values).reduce((said, [name, value]) => said.replace(`{${name}}`, value), text);
let here = Math.max(0, sites.findIndex(empty));

function paint() {
  for (const [place, site] of sites.entries()) {
    const group = map.querySelector(`g[data-site="${site.dataset.item}"]`);
    group.setAttribute("class", `region s${score(site) || (absent(site) ? "x" : "")}${place === here ? " now" : ""}`);
    group.querySelector("text").textContent = score(site) || (absent(site) ? "–" : "·");
    site.classList.toggle("now", place === here);
  }
  const current = map.querySelector("g.now");
  current.parentNode.append(current);
  now.textContent = `${here + 1}/${sites.length}  ${sites[here].querySelector("legend").textContent}`;
  for (const key of map.querySelectorAll("[data-key]")) key.setAttribute("aria-pressed", String(score(sites[here]) === key.dataset.key));
  const scored = sites.map(score).filter(Boolean);
  const never = sites.filter(absent).length;
  const total = scored.reduce((sum, one) => sum + Number(one), 0);
  const result = never ? fill(form.dataset.never, { count: never })
    : scored.length < sites.length ? form.dataset.none : fill(form.dataset.total, { total, highest: 3 * sites.length });
  status.textContent = `${fill(form.dataset.done, { done: scored.length, all: sites.length })} · ${result}`;
}

function move(place, focus) {
  here = place;
  paint();
  if (focus) (radios(sites[here]).find((one) => one.checked) ?? radios(sites[here])[0]).focus();
}

function give(digit, focus) {
  const site = sites[here];
  const radio = radios(site).find((one) => one.value === digit);
  radio.checked = true;
  radio.dispatchEvent(new Event("input", { bubbles: true }));
  const order = [...sites.keys()];
  const next = [...order.slice(here + 1), ...order.slice(0, here)].find((place) => empty(sites[place]));
  move(next ?? here, focus);
}

map.hidden = false;
map.addEventListener("click", (event) => {
  const region = event.target.closest("[data-site]");
  const key = event.target.closest("[data-key]");
  if (region) move(sites.findIndex((site) => site.dataset.item === region.dataset.site), false);
  if (key) give(key.dataset.key, false);
});
// Single keys act only while the map or the buttons have the focus.
form.addEventListener("keydown", (event) => {
  if (!event.target.closest("[data-map], [data-sites]") || event.target.matches("select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^[0-3]$/.test(event.key)) {
    event.preventDefault();
    give(event.key, event.target.closest("[data-sites]") !== null);
  } else if (event.key === "Backspace") {
    event.preventDefault();
    move(Math.max(0, here - 1), event.target.closest("[data-sites]") !== null);
  }
});
form.addEventListener("focusin", (event) => {
  const place = sites.indexOf(event.target.closest("fieldset[data-item]"));
  if (place >= 0 && place !== here) { here = place; paint(); }
});
form.addEventListener("input", paint);
paint();
