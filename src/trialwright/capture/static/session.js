// The end of a session, told in time and mended in place: nothing that was typed is lost. Without scripts the login page tells it.

const page = document.body.dataset;
const MINUTE = 60 * 1000;
const FRESH = 20 * 1000; // so soon after an answer of the server the session is not asked for again
let seen = Date.now();
let warning = null, door = null; // the two dialogs, once one of them was needed
let waiting = null; // the form, and the button that sent it

function dialogs() {
  if (door) return;
  document.body.append(document.getElementById("session-dialogs").content.cloneNode(true));
  warning = document.getElementById("idle");
  door = document.getElementById("again");
  warning.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    stay().catch(() => {}).finally(() => warning.close());
  });
  door.querySelector("form").addEventListener("submit", again);
  for (const button of document.querySelectorAll("dialog [data-close]")) button.addEventListener("click", () => { waiting = null; button.closest("dialog").close(); });
}

async function ask(body, token) {
  const answer = await fetch(page.session, body ? { method: "POST", body, headers: { "X-CSRFToken": token } } : {});
  if (answer.status === 429) return { account: "", why: door.dataset.shut };
  return answer.json();
}

function carryOn(told) {
  seen = Date.now();
  if (warning?.open) warning.close();
  for (const box of document.querySelectorAll("input[name='csrfmiddlewaretoken']")) box.value = told.token;
}

// Somebody who fills a long page is not idle: tell the server now and then.
async function stay() {
  const told = await ask();
  if (told.account === page.account) carryOn(told);
  return told;
}

document.addEventListener("input", () => {
  if (Date.now() - seen > 4 * MINUTE && Date.now() - seen < page.idle * MINUTE && !door?.open) { seen = Date.now(); stay().catch(() => {}); }
});

// One minute before the end a dialog says so.
setInterval(() => {
  const idle = Date.now() - seen;
  if (idle >= (page.idle - 1) * MINUTE && idle < page.idle * MINUTE && !warning?.open && !door?.open) {
    dialogs();
    warning.showModal();
  } else if (idle >= page.idle * MINUTE && warning?.open) warning.close();
}, 5000);

// A page is sent only in the session of the person who filled it. Where that session has ended, the dialog begins it anew.
function problem(text) {
  const line = door.querySelector(".problem");
  line.hidden = !text;
  line.textContent = text;
}

function open(why = "") {
  problem(why);
  if (!door.open) door.showModal();
  door.querySelector("input[type='password']").focus();
}

function send(told) {
  carryOn(told);
  if (door.open) door.close();
  if (!waiting) return;
  const { form, button } = waiting;
  waiting = null;
  form.dataset.cleared = "yes";
  if (button?.isConnected) form.requestSubmit(button);
  else form.requestSubmit();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.closest("dialog") || form.method !== "post" || form.dataset.free !== undefined) return;
  if (form.dataset.cleared) { delete form.dataset.cleared; return; }
  if (Date.now() - seen < FRESH) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  waiting = { form, button: event.submitter };
  dialogs();
  try {
    const told = await ask();
    if (told.account === page.account) send(told);
    else open(told.account ? door.dataset.other : "");
  } catch {
    open(door.dataset.offline);
  }
}, true);

async function again(event) {
  event.preventDefault();
  const boxes = event.target.elements;
  try {
    let told = await ask();
    if (!told.account) {
      const body = new FormData();
      body.set("name", page.account);
      body.set("password", boxes.password.value);
      body.set("code", boxes.code?.value ?? "");
      told = await ask(body, told.token);
    } else if (told.account !== page.account) told = { account: "", why: door.dataset.other };
    if (told.account === page.account) send(told);
    else open(told.why);
  } catch {
    open(door.dataset.offline);
  } finally {
    boxes.password.value = "";
    if (boxes.code) boxes.code.value = "";
  }
}
