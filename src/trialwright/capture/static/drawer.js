// All about one answer in a panel beside the page. Every link of it is a page of its own, which is what opens without this script.
const drawer = document.createElement("dialog");
drawer.className = "drawer";
document.body.append(drawer);

async function open(link) {
  const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const content = page.querySelector("[data-drawer-content]");
  if (!answer.ok || !content) { window.location.assign(link.href); return; }
  drawer.replaceChildren(document.importNode(content, true));
  drawer.querySelector("[data-close]").hidden = false;
  drawer.setAttribute("aria-labelledby", content.getAttribute("aria-labelledby"));
  drawer.showModal();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-drawer]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    open(link).catch(() => window.location.assign(link.href));
  } else if (event.target === drawer || event.target.closest("dialog.drawer [data-close]")) drawer.close();
});
