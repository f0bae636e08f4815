// A page that waits looks again by itself until what it waits for is there. Without this script it has a link for that.
const PAUSE = 1500;

async function look() {
  const answer = await fetch(window.location.href, { redirect: "error" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.querySelector("[data-wait]");
  if (!answer.ok || !now) { window.location.reload(); return; }
  document.querySelector("[data-wait]").replaceWith(document.importNode(now, true));
  if (now.dataset.wait === "on") window.setTimeout(again, PAUSE);
}

function again() {
  look().catch(() => window.setTimeout(again, 4 * PAUSE));
}

window.setTimeout(again, PAUSE);
