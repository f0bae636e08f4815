"use strict";
// Opens the origin of a number in a window over the page; without this script the same links lead further down the page.
(() => {
  const dialog = document.getElementById("from"), body = document.getElementById("from-body");
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target && target.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  };
  const show = (id) => {
    const source = document.getElementById(id);
    if (!source) return false;
    const copy = source.cloneNode(true);
    copy.removeAttribute("id");
    copy.querySelectorAll("[id]").forEach((one) => one.removeAttribute("id"));
    copy.querySelectorAll(".back").forEach((one) => one.remove());
    body.append(copy);
    return true;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.trace, .panel .rows a");
    if (!link || !dialog.showModal) return;
    const id = link.getAttribute("href").slice(1);
    const inside = dialog.contains(link);
    if (inside) body.querySelectorAll(".origin").forEach((one) => one.remove());
    else body.replaceChildren();
    if (!show(id)) return;
    event.preventDefault();
    if (inside) {
      body.querySelectorAll("[aria-current]").forEach((one) => one.removeAttribute("aria-current"));
      link.setAttribute("aria-current", "true");
      body.querySelector(".origin").scrollIntoView({block: "nearest"});
    } else dialog.showModal();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  const language = () => { document.documentElement.lang = document.getElementById("show-zh").checked ? "zh-Hans" : "en"; };
  document.querySelectorAll("input[name=language]").forEach((one) => one.addEventListener("change", language));
  addEventListener("hashchange", reveal);
  reveal();
})();
