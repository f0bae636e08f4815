// What was typed into a page of the record and not saved survives a reload in the same tab. It lies in the tab's session storage alone,
// by address, and is wiped when the page is saved, at sign-out, when somebody else signs in here, and after twelve hours.
const HOURS = 12;
const MARK = "draft:";
const store = (() => { try { return window.sessionStorage; } catch { return null; } })();
const keys = () => Object.keys(store).filter((key) => key.startsWith(MARK));
const read = (key) => JSON.parse(store.getItem(key));
const write = (key, draft) => store.setItem(key, JSON.stringify(draft));
const kept = (box) => box.name && !box.disabled && /^(v|a|because|ok)\.|^reason$/.test(box.name) && (box.type !== "radio" || box.checked);

function wipe(which) {
  for (const key of keys()) if (which(read(key), key)) store.removeItem(key);
}

function taken(form) {
  const values = Object.fromEntries([...form.elements].filter(kept).map((box) => [box.name, box.value]));
  const seen = Object.fromEntries([...form.querySelectorAll("[name^='seen.']")].map((box) => [box.name, box.value]));
  return { at: Date.now(), account: form.dataset.account, sent: false, values, seen };
}

function put(form, name, value) {
  const named = form.elements.namedItem(name);
  if (!named) return false;
  const boxes = named instanceof RadioNodeList ? [...named] : [named];
  const before = boxes.find((box) => box.type !== "radio" || box.checked)?.value ?? "";
  if (before === value) return false;
  for (const box of boxes) if (box.type === "radio") box.checked = box.value === value; else box.value = value;
  return true;
}

// Puts back what differs from the page; the revision that was on screen then comes back too, so that a conflict is still found.
function restore(form, draft) {
  const changed = Object.entries(draft.values).filter(([name, value]) => put(form, name, value)).map(([name]) => name);
  for (const name of changed) {
    const seen = `seen.${name.slice(name.indexOf(".") + 1)}`;
    if (draft.seen[seen] !== undefined) put(form, seen, draft.seen[seen]);
  }
  return changed.length > 0;
}

function offer(form, key, draft) {
  const note = form.querySelector("[data-draft]");
  note.querySelector("span").textContent = note.dataset.draft.replace("{at}", new Date(draft.at).toTimeString().slice(0, 5));
  note.hidden = false;
  note.querySelector("button").addEventListener("click", () => {
    store.removeItem(key);
    window.location.replace(window.location.href.split("#")[0]);
  });
  form.dispatchEvent(new Event("refresh"));
  form.dispatchEvent(new Event("input"));
}

function keep(form) {
  const key = MARK + window.location.pathname;
  const draft = read(key);
  const refused = document.getElementById("problem") !== null;
  if (draft && !refused) {
    // A save is all or nothing: if any revision grew after sending, it was kept.
    const saved = draft.sent && Object.keys(draft.seen).some((name) => form.elements.namedItem(name)?.value !== draft.seen[name]);
    if (saved) store.removeItem(key);
    else if (restore(form, draft)) offer(form, key, draft);
    else store.removeItem(key);
  }
  let soon = 0;
  form.addEventListener("input", (event) => {
    if (!event.target.name) return;
    window.clearTimeout(soon);
    soon = window.setTimeout(() => write(key, taken(form)), 300);
  });
  form.addEventListener("submit", () => { window.clearTimeout(soon); write(key, { ...taken(form), sent: true }); });
  window.addEventListener("pagehide", () => { if (soon && !read(key)?.sent && read(key)) write(key, taken(form)); });
}

if (store) {
  const form = document.querySelector("form[data-record]");
  const account = document.body.dataset.account ?? form?.dataset.account;
  wipe((draft) => Date.now() - draft.at > HOURS * 3600 * 1000 || (account !== undefined && draft.account !== account));
  if (document.querySelector(".said")) wipe((draft) => draft.sent);
  if (form) keep(form);
  document.addEventListener("submit", (event) => { if (event.target.action.endsWith("/logout")) wipe(() => true); });
}
