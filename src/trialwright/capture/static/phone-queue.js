// What a patient answered and what was not sent yet, in IndexedDB: for his pages, and for the worker that sends when no page is open.
if (typeof document !== "undefined") document.documentElement.classList.add("js");

const PhoneQueue = (() => {
  const WAIT = 12000; // so long a patient waits for a network before the answers are kept for later
  const MONTHS = 60 * 24 * 3600 * 1000; // so long the phone remembers what it sent

  function opened() {
    return new Promise((yes, no) => {
      const ask = indexedDB.open("phone", 1);
      ask.onupgradeneeded = () => ask.result.createObjectStore("sheets", { keyPath: "id" });
      ask.onsuccess = () => yes(ask.result);
      ask.onerror = () => no(ask.error);
    });
  }

  async function work(mode, task) {
    const base = await opened();
    try {
      return await new Promise((yes, no) => {
        const all = base.transaction("sheets", mode, { durability: "strict" });
        const asked = task(all.objectStore("sheets"));
        all.oncomplete = () => yes(asked.result);
        all.onerror = all.onabort = () => no(all.error);
      });
    } finally {
      base.close();
    }
  }

  const sheets = () => work("readonly", (all) => all.getAll());
  const keep = (sheet) => work("readwrite", (all) => all.put(sheet));
  const drop = (id) => work("readwrite", (all) => all.delete(id));
  const waits = (sheet) => !["sent", "taken", "wrong"].includes(sheet.state);
  const fetched = (address, more = {}) => fetch(address, { ...more, credentials: "same-origin", signal: AbortSignal.timeout?.(WAIT) });

  // A name for a sheet: under it the study keeps the answers once, however often they are sent.
  function name() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function sendOne(sheet, address, token) {
    const body = new URLSearchParams(sheet.values);
    body.set("id", sheet.id);
    body.set("visit", sheet.visit);
    body.set("form", sheet.form);
    body.set("ago", String(Math.max(0, Math.floor((Date.now() - sheet.at) / 1000)))); // how long ago, for the clock of a phone may be wrong
    const answer = await fetched(address, { method: "POST", body, headers: { "X-CSRFToken": token } });
    if (answer.status >= 500 || !(answer.headers.get("Content-Type") ?? "").includes("json")) throw new Error(String(answer.status));
    return answer.json();
  }

  // Sends what waits for one person (`who`), all under `address` or each under its own; gives what became of each by its name.
  async function sendAll(who, address) {
    const became = {};
    for (const sheet of (await sheets()).filter((one) => waits(one) && (!who || one.who === who))) {
      const to = address ?? sheet.address;
      const door = await (await fetched(to)).json();
      const told = door.open ? await sendOne(sheet, to, door.token) : { state: "code" };
      became[sheet.id] = told;
      if (told.state === "sent") await keep({ ...sheet, values: [], state: "sent", told: told.at });
      else if (told.state === "taken") await keep({ ...sheet, values: [], state: "taken" });
      else if (told.state !== "code") await keep({ ...sheet, state: told.state });
    }
    for (const old of await sheets()) if (!waits(old) && Date.now() - old.at > MONTHS) await drop(old.id);
    return became;
  }

  const alone = (task) => (navigator.locks ? navigator.locks.request("phone", task) : task());
  return { sheets, keep, drop, waits, name, flush: (who, address) => alone(() => sendAll(who, address)) };
})();
