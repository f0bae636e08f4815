// What follows from the answers of a page, worked out by the server while they are typed. Nothing is saved by it; without this script it
// stands there after the save. A number that no longer fits what is typed is never left standing.
const PAUSE = 400;
const form = document.querySelector("form[data-record]");
const box = document.querySelector("[data-follows]");
let soon = 0;
let asked = null;

function put(html) {
  const opened = [...box.querySelectorAll("details[open]")].map((one) => one.dataset.why);
  const page = new DOMParser().parseFromString(html, "text/html");
  box.replaceChildren(...[...page.body.children].map((one) => document.importNode(one, true)));
  for (const one of box.querySelectorAll("details")) one.open = opened.includes(one.dataset.why);
  box.removeAttribute("aria-busy");
}

async function ask() {
  asked?.abort();
  asked = new AbortController();
  const { signal } = asked;
  try {
    const answer = await fetch(box.dataset.follows, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "error", signal });
    put(answer.ok ? await answer.text() : "");
  } catch {
    if (!signal.aborted) put("");
  }
}

function changed() {
  box.setAttribute("aria-busy", "true");
  window.clearTimeout(soon);
  soon = window.setTimeout(ask, PAUSE);
}

if (form && box) {
  form.addEventListener("input", changed);
  form.addEventListener("refresh", changed);
}
