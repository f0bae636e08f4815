"use strict";
// Opens the origin of a number in a window over the page: its result, the dataset rows, their records, and the ledger entries.
(() => {
  const dialog = document.getElementById("from"), body = document.getElementById("from-body");
  let packed = null;
  const evidence = () => packed || (packed = JSON.parse(document.getElementById("evidence-data").textContent));
  const make = (name, className, ...inside) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...inside);
    return element;
  };
  const spoken = (en, zh) => {
    const both = document.createDocumentFragment();
    for (const [language, words] of [["en", en], ["zh", zh]]) {
      const span = make("span", language, words);
      span.lang = language === "en" ? "en" : "zh-Hans";
      both.append(span);
    }
    return both;
  };
  const word = (place) => {
    const told = evidence().words[place];
    return Array.isArray(told) ? spoken(told[0], told[1]) : document.createTextNode(told);
  };
  const copied = (element) => {
    const all = document.createDocumentFragment();
    for (const node of element ? element.childNodes : []) all.append(node.cloneNode(true));
    return all;
  };
  const values = (pairs) => {
    const line = make("p", "values");
    for (let at = 0; at < pairs.length; at += 2) line.append(make("span", "", make("code", "", word(pairs[at])), " ", word(pairs[at + 1])), " ");
    return line;
  };
  const entries = (places) => {
    const heads = [["entry", "记录"], ["time", "时间"], ["who", "录入者"], ["what", "内容"], ["value", "值"], ["reason of the change", "修改原因"]];
    const lines = make("tbody");
    for (const place of places) {
      const [ref, at, by, role, where, value, reason, replaced] = evidence().entries[place];
      const shown = make(replaced ? "del" : "span", "", word(value));
      lines.append(make("tr", replaced ? "replaced" : "", make("td", "", make("code", "", ref)), make("td", "", word(at)),
        make("td", "", word(by), " (", word(role), ")"), make("td", "", word(where)), make("td", "", shown), make("td", "", word(reason))));
    }
    const head = make("tr");
    for (const [en, zh] of heads) {
      const cell = make("th", "", spoken(en, zh));
      cell.scope = "col";
      head.append(cell);
    }
    return make("table", "entries", make("caption", "", spoken("Ledger entries behind it", "对应的账本记录")), make("thead", "", head), lines);
  };
  const origin = (place) => {
    const [name, , about, rule, records] = evidence().rows[place];
    const shown = make("div", "origin", make("h4", "", name), values(about));
    for (const at of records) {
      const [domain, sequence, told, written] = evidence().records[at];
      const title = make("b", "", domain + (sequence ? ` ${domain}SEQ ${sequence}` : ""));
      shown.append(make("p", "record", spoken("from the SDTM record", "来自 SDTM 记录"), " ", title, " ", make("code", "", word(rule))), values(told));
      if (written.length) shown.append(entries(written));
    }
    return shown;
  };
  const rows = (places) => {
    const line = make("p", "rows", spoken(`from ${places.length} dataset row${places.length === 1 ? "" : "s"}: `, `来自 ${places.length} 条数据集记录：`));
    for (const place of places) {
      const [name, label] = evidence().rows[place];
      const button = make("button", "", name, " ", make("small", "", label));
      button.type = "button";
      button.addEventListener("click", () => {
        for (const other of body.querySelectorAll(".origin")) other.remove();
        for (const other of line.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
        button.setAttribute("aria-current", "true");
        body.append(origin(place));
        body.querySelector(".origin").scrollIntoView({block: "nearest"});
      });
      line.append(button, " ");
    }
    return line;
  };
  const headed = (row) => {
    for (let at = row.previousElementSibling; at; at = at.previousElementSibling) if (at.className === "heading") return at.firstElementChild;
    return null;
  };
  const show = (cell) => {
    const row = cell.parentElement, table = row.closest("table"), number = table.dataset.number;
    const name = `r${row.sectionRowIndex + 1}c${cell.cellIndex}`;
    const [set, result, written, because] = evidence().cells[number][name];
    const above = headed(row), column = table.tHead.rows[0].cells[cell.cellIndex];
    const path = make("p", "path", `${number} ${name}: `);
    [above, row.cells[0], column].filter(Boolean).forEach((part, at) => path.append(at ? " / " : "", copied(part)));
    body.replaceChildren(path, make("p", "shown", make("b", "", copied(cell.firstElementChild))));
    if (evidence().words[result]) body.append(make("p", "", spoken("named in the analyses: ", "分析中的名称："), make("code", "", word(result))));
    for (const place of because || []) body.append(make("p", "", word(place)));
    if (evidence().sets[set].length) body.append(rows(evidence().sets[set]));
    if (written && written.length) body.append(entries(written));
    dialog.showModal();
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.trace");
    if (button && dialog.showModal) show(button.closest("td"));
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  const language = () => { document.documentElement.lang = document.getElementById("show-zh").checked ? "zh-Hans" : "en"; };
  document.querySelectorAll("input[name=language]").forEach((one) => one.addEventListener("change", language));
})();
