// One question on a screen, what was typed kept at once, what was sent kept until it has arrived. Without this the pages are plain forms.

const page = document.body.dataset;
const filled = (words, values) => words.replace(/{(\w+)}/g, (_, name) => values[name]);
const drafts = (() => { try { return window.localStorage; } catch { return null; } })();
const draftOf = (visit, form) => `draft:${page.who}:${visit}:${form}`;
const WORKER = "/static/phone-worker.js";

// ---------------------------------------------------------------------------------------------- with and without a network

function network() {
  const line = document.querySelector("[data-offline]");
  const tell = () => { line.hidden = navigator.onLine; };
  window.addEventListener("online", tell);
  window.addEventListener("offline", tell);
  tell();
}

const worker = (() => {
  if (!navigator.serviceWorker || !page.who) return Promise.resolve(null);
  return navigator.serviceWorker.register(WORKER, { scope: "/phone/" }).then(() => navigator.serviceWorker.ready).catch(() => null);
})();

// Asks the phone to send when it has a network again, even if this page is closed by then.
async function sendLater() {
  const ready = await worker;
  await ready?.sync?.register("send").catch(() => {});
}

// Keeps this page, what is due in both languages, and what these pages are made of.
async function store(addresses) {
  if (!window.caches || !navigator.onLine) return;
  const kept = await caches.open("phone");
  const parts = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]")].map((one) => one.href || one.src);
  for (const address of [...addresses, ...parts]) {
    const fresh = await fetch(address, { credentials: "same-origin" });
    if (fresh.ok && (fresh.headers.has("Trialwright-Keep") || address.includes("/static/"))) await kept.put(address, fresh);
  }
}

// ---------------------------------------------------------------------------------------------- the list

function mark(line, kind, words) {
  line.querySelector(".mark").className = `mark ${kind}`;
  line.querySelector(".mark").textContent = kind === "full" ? "✓" : "";
  line.querySelector(".state").textContent = words;
}

function showLine(line, words, sheet) {
  const { visit, form } = line.dataset;
  if (sheet?.state === "sent") mark(line, "full", filled(words.sent, { at: sheet.told }));
  else if (sheet) mark(line, "kept", words[sheet.state] ?? words.kept);
  else if (drafts?.getItem(draftOf(visit, form))) mark(line, "half", words.begun);
  const link = line.querySelector("a");
  if (link && sheet) { link.removeAttribute("href"); link.setAttribute("aria-disabled", "true"); }
}

// What the study found wrong is open again, as it was filled.
async function reopened() {
  for (const sheet of await PhoneQueue.sheets()) {
    if (sheet.state !== "wrong" || !drafts) continue;
    drafts.setItem(draftOf(sheet.visit, sheet.form), JSON.stringify(sheet.values));
    await PhoneQueue.drop(sheet.id);
  }
}

// What was begun and is no longer asked is forgotten.
function tidy(list) {
  const open = new Set([...list?.querySelectorAll("li:has(a)") ?? []].map((line) => draftOf(line.dataset.visit, line.dataset.form)));
  for (const key of Object.keys(drafts ?? {})) if (key.startsWith(draftOf("", "").slice(0, -1)) && !open.has(key)) drafts.removeItem(key);
}

async function showList(list) {
  await reopened();
  const mine = (await PhoneQueue.sheets()).filter((sheet) => sheet.who === page.who).sort((one, other) => one.at - other.at);
  for (const line of list?.querySelectorAll("li") ?? []) {
    const open = line.querySelector("a");
    const sheet = mine.filter((one) => one.visit === line.dataset.visit && one.form === line.dataset.form).at(-1);
    if (open) showLine(line, list.dataset, sheet);
  }
  const waiting = document.querySelector("[data-waiting]");
  const count = mine.filter(PhoneQueue.waits).length;
  waiting.hidden = count === 0;
  waiting.querySelector("p").textContent = filled(waiting.dataset.waiting, { count });
  for (const line of document.querySelectorAll("[data-leave-not]")) line.hidden = count === 0;
  for (const button of document.querySelectorAll("[data-leave] button")) button.disabled = count > 0;
}

async function listPage(list) {
  if (navigator.onLine) tidy(list);
  const again = async () => { await PhoneQueue.flush(page.who, page.address).catch(() => {}); await showList(list); };
  await showList(list);
  document.querySelector("[data-flush]").addEventListener("click", again);
  window.addEventListener("online", again);
  window.addEventListener("pageshow", (event) => { if (event.persisted) again(); });
  document.querySelector("[data-leave]").addEventListener("submit", () => { for (const key of Object.keys(drafts ?? {})) drafts.removeItem(key); });
  document.querySelector("[data-home-screen]").hidden = window.matchMedia("(display-mode: standalone)").matches;
  navigator.storage?.persist?.().catch(() => {});
  await again();
  const here = window.location.pathname;
  const open = [here, ...[...document.querySelectorAll("[data-due] a[href]")].map((link) => link.pathname)];
  await worker;
  await store(open.flatMap((path) => [`${path}?in=zh`, `${path}?in=en`])).catch(() => {});
}

// ---------------------------------------------------------------------------------------------- one questionnaire

const boxOf = (screen) => screen.querySelector("input.box");
const declinedIn = (screen) => screen.querySelector("input[type=checkbox]")?.checked ?? false;
const valueOf = (screen) => screen.querySelector("input[type=radio]:checked")?.value ?? boxOf(screen)?.value.trim() ?? "";

// The line to touch and the box beside it are one answer; the line shows none before it was touched.
function scale(screen) {
  const line = screen.querySelector("input[type=range]");
  const box = boxOf(screen);
  const touched = () => { line.classList.remove("untouched"); line.removeAttribute("aria-valuetext"); };
  const take = () => { touched(); box.value = line.value; box.dispatchEvent(new Event("input", { bubbles: true })); };
  const show = () => {
    if (box.value.trim() === "") { line.classList.add("untouched"); line.setAttribute("aria-valuetext", line.dataset.untouched); }
    else { touched(); line.value = number(box.value); }
  };
  line.addEventListener("input", take);
  line.addEventListener("pointerup", take); // a touch just where the line stands is an answer too
  box.addEventListener("input", show);
  show();
}

const number = (text) => Number(text.replace(/[０-９]/g, (sign) => String(sign.charCodeAt(0) - 0xff10)).replace(/[，,．]/g, "."));

function faultOf(screen) {
  const error = screen.querySelector(".error"), box = boxOf(screen), value = valueOf(screen);
  if (declinedIn(screen)) return "";
  if (value === "") return screen.dataset.required === undefined ? "" : error.dataset.choose;
  if (box?.dataset.wrong && !(number(value) >= Number(box.dataset.low) && number(value) <= Number(box.dataset.high))) return box.dataset.wrong;
  return "";
}

class Sheet {
  constructor(form) {
    this.form = form;
    this.key = draftOf(form.dataset.visit, form.dataset.form);
    this.screens = [...form.querySelectorAll(".screen")];
    this.byCode = Object.fromEntries(this.screens.filter((one) => one.dataset.item).map((one) => [one.dataset.item, one]));
    this.now = this.screens[0];
  }

  get asked() {
    return this.screens.filter((screen) => {
      const on = screen.dataset.when && this.byCode[screen.dataset.when];
      return !on || screen.dataset.among.split("|").includes(valueOf(on));
    });
  }

  get questions() { return this.asked.filter((screen) => screen.dataset.item); }

  values() { return [...new FormData(this.form)].filter(([name]) => /^[va]\./.test(name)); }

  keep() { drafts?.setItem(this.key, JSON.stringify(this.values())); }

  restore(values) {
    for (const [name, value] of values) {
      for (const box of this.form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (box.type === "radio" || box.type === "checkbox") box.checked = box.value === value;
        else box.value = value;
      }
    }
    for (const line of this.form.querySelectorAll("input[type=range]")) boxOf(line.closest(".screen")).dispatchEvent(new Event("input"));
  }

  show(screen) {
    for (const one of this.screens) one.classList.toggle("on", one === screen);
    this.now = screen;
    const place = this.questions.indexOf(screen), all = this.questions.length;
    if (place >= 0) {
      screen.querySelector(".progress span").textContent = filled(this.form.dataset.of, { number: place + 1, all });
      Object.assign(screen.querySelector("progress"), { max: all, value: place + 1 });
    }
    if (screen.dataset.review !== undefined) this.review(screen);
    window.scrollTo(0, 0);
    screen.querySelector("[tabindex='-1']")?.focus({ preventScroll: true });
  }

  // Each screen has an address of its own, so that the phone's own back button goes one question back.
  go(step) {
    const asked = this.asked, next = asked[asked.indexOf(this.now) + step];
    if (!next) return;
    window.location.hash = next.id || (next.dataset.review !== undefined ? "review" : "");
  }

  here() {
    const id = window.location.hash.slice(1);
    const screen = id === "review" ? this.screens.at(-1) : this.asked.find((one) => one.id && one.id === id) ?? this.screens[0];
    if (screen !== this.now) this.show(screen);
  }

  told(screen, words = faultOf(screen)) {
    const error = screen.querySelector(".error");
    error.textContent = words;
    error.hidden = !words;
    return words;
  }

  on() {
    if (!this.now.dataset.item || !this.told(this.now)) this.go(1);
  }

  review(screen) {
    const list = screen.querySelector("ol");
    list.replaceChildren(...this.questions.map((one) => {
      const line = document.createElement("li"), answer = document.createElement("b"), link = document.createElement("a");
      const chosen = one.querySelector("input:checked")?.closest("label");
      answer.textContent = chosen ? chosen.textContent.trim() : valueOf(one) || "—";
      link.href = `#${one.id}`;
      link.textContent = list.dataset.change;
      link.setAttribute("aria-label", `${list.dataset.change}: ${one.querySelector("legend").textContent}`);
      const question = document.createElement("span");
      question.textContent = one.querySelector("legend").textContent;
      line.append(question, answer, link);
      return line;
    }));
  }

  async send(button) {
    const open = this.questions.find((one) => faultOf(one));
    if (open) { this.told(open); window.location.hash = open.id; return; }
    button.disabled = true;
    const words = button.textContent;
    button.textContent = button.dataset.busy;
    const asked = new Set(this.questions.map((one) => one.dataset.item));
    const values = this.values().filter(([name]) => asked.has(name.slice(2)));
    const { visit, form } = this.form.dataset;
    const sheet = { id: PhoneQueue.name(), who: page.who, address: page.address, visit, form, values, at: Date.now(), state: "kept" };
    try {
      await PhoneQueue.keep(sheet);
    } catch {
      this.form.submit(); // a browser that keeps nothing sends it like any form
      return;
    }
    drafts?.removeItem(this.key);
    const became = await PhoneQueue.flush(page.who, page.address).catch(() => ({}));
    const told = became[sheet.id] ?? { state: "kept" };
    if (told.state === "wrong") { await PhoneQueue.drop(sheet.id); this.again(told.wrongs); button.disabled = false; button.textContent = words; return; }
    if (told.state === "kept" || told.state === "code") await sendLater();
    this.end(told);
  }

  // The study found something wrong: every word of it stands at its question.
  again(wrongs) {
    this.keep();
    const screens = Object.entries(wrongs).map(([code, said]) => { this.told(this.byCode[code], said[document.documentElement.lang.slice(0, 2)]); return this.byCode[code]; });
    window.location.hash = screens[0].id;
  }

  end(told) {
    const end = document.querySelector("[data-end]"), line = end.querySelector(".done");
    const words = end.dataset[told.state] ?? end.dataset.kept;
    this.form.hidden = true;
    end.hidden = false;
    line.textContent = filled(words, { at: told.at });
    line.className = told.state === "sent" ? "done" : "notice discreet";
    window.scrollTo(0, 0);
    end.querySelector("h1").focus({ preventScroll: true });
  }
}

function sheetPage(form) {
  const sheet = new Sheet(form);
  const draft = JSON.parse(drafts?.getItem(sheet.key) ?? "null");
  for (const screen of form.querySelectorAll("[data-shape='scale']")) scale(screen);
  if (draft) { sheet.restore(draft); form.querySelector(".again").hidden = draft.length === 0; }
  form.addEventListener("input", (event) => {
    const screen = event.target.closest(".screen"), box = boxOf(screen);
    if (event.target.type === "checkbox" && event.target.checked && box) { box.value = ""; box.dispatchEvent(new Event("input")); }
    if (event.target === box && box.value.trim() && declinedIn(screen)) screen.querySelector("input[type=checkbox]").checked = false;
    sheet.told(screen, "");
    sheet.keep();
  });
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-on]")) sheet.on();
    else if (event.target.closest("[data-back]")) sheet.go(-1);
    else if (event.target.matches("input[type=radio]") && event.detail > 0) setTimeout(() => sheet.on(), 250); // a finger goes on, the arrow keys stay
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); sheet.on(); }
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); sheet.send(form.querySelector("[data-send]")); });
  window.addEventListener("hashchange", () => sheet.here());
  sheet.here();
}

// ---------------------------------------------------------------------------------------------- where it begins

async function codePage() {
  if (page.who) await PhoneQueue.flush(page.who, page.address).catch(() => {}); // what waits is sent also by a phone whose code is asked anew
  const mine = (await PhoneQueue.sheets()).filter((sheet) => PhoneQueue.waits(sheet) && sheet.address === page.address);
  document.querySelector("[data-need]").hidden = mine.length === 0;
}

network();
const form = document.querySelector("form[data-sheet]");
if (form) sheetPage(form);
else if (document.querySelector("[data-need]")) await codePage();
else await listPage(document.querySelector("[data-due]"));
