// What helps on every page. Without any of it every page works: links, forms and the checks of the server stay.

// The matrix as one stop of the Tab key: arrows move, Enter opens, the line below says in words where you are.
function grid(table) {
  const tell = document.getElementById("tell");
  const all = [...table.tBodies[0].querySelectorAll("a")];
  const enter = (link) => { for (const other of all) other.tabIndex = other === link ? 0 : -1; };
  const at = (link) => { const cell = link.closest("td, th"); return [cell.parentElement.sectionRowIndex, cell.cellIndex]; };
  const find = (row, column) => all.find((link) => at(link)[0] === row && at(link)[1] === column);
  const step = (link, down, right) => {
    const height = table.tBodies[0].rows.length, width = table.tHead.rows[0].cells.length;
    let [row, column] = at(link);
    for (row += down, column += right; row >= 0 && row < height && column >= 0 && column < width; row += down, column += right) {
      const next = find(row, column);
      if (next) return next;
    }
    return link;
  };
  enter(all[0]);
  table.addEventListener("focusin", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    enter(link);
    tell.textContent = link.dataset.tell || link.textContent.trim();
  });
  table.addEventListener("mouseover", (event) => {
    const link = event.target.closest("a[data-tell]");
    if (link) tell.textContent = link.dataset.tell;
  });
  table.addEventListener("keydown", (event) => {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const link = event.target.closest("a");
    if (!link || !moves[event.key]) return;
    event.preventDefault();
    step(link, ...moves[event.key]).focus();
  });
}

// A page of the record: skip logic, one of value and absence, the reason only when a saved answer changes, no loss by leaving.
function record(form) {
  const items = [...form.querySelectorAll("[data-item]")];
  const reason = form.querySelector("#reason");
  const demanded = reason?.classList.contains("wrong");
  let dirty = form.querySelector(".wrong, .clash, .confirm") !== null;
  const controls = (field) => [...field.querySelectorAll("[name^='v.']")];
  const absence = (field) => field.querySelector("[name^='a.']");
  const value = (field) => {
    if (controls(field).length === 0) return field.dataset.saved; // somebody else's to answer
    const found = controls(field).map((one) => (one.type === "radio" ? (one.checked ? one.value : "") : one.value.trim())).join("");
    return found || absence(field)?.value || "";
  };
  const clear = (field) => { for (const one of controls(field)) { if (one.type === "radio") one.checked = false; else one.value = ""; } };
  const show = (field, shown) => {
    field.hidden = !shown;
    for (const one of field.querySelectorAll("input, select, textarea, button")) one.disabled = !shown;
  };
  const refresh = () => {
    const byCode = Object.fromEntries(items.map((field) => [field.dataset.item, field]));
    for (const field of items) {
      const asked = field.dataset.when && byCode[field.dataset.when];
      if (asked) show(field, !asked.hidden && field.dataset.among.split("|").includes(value(asked)));
    }
    for (const part of form.querySelectorAll("section:has([data-item])")) part.hidden = !part.querySelector("[data-item]:not([hidden])");
    const changed = items.some((field) => !field.hidden && field.dataset.saved && value(field) !== field.dataset.saved);
    if (reason) reason.hidden = !changed && !demanded;
  };
  form.addEventListener("input", (event) => {
    const field = event.target.closest("[data-item]");
    if (field && event.target.name?.startsWith("a.") && event.target.value) clear(field);
    if (field && event.target.name?.startsWith("v.") && event.target.value && absence(field)) absence(field).value = "";
    dirty = true;
    refresh();
  });
  form.addEventListener("keydown", (event) => {
    const box = event.target;
    if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button[value='stay']"));
    } else if (event.key === "Enter" && box.matches("input:not([type=submit])")) {
      event.preventDefault(); // Enter moves on; it never sends a page by surprise.
      const all = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, button")].filter((one) => !one.disabled && one.offsetParent);
      all[all.indexOf(box) + 1]?.focus();
    }
  });
  form.addEventListener("submit", () => { dirty = false; });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  form.addEventListener("refresh", () => { dirty = true; refresh(); });
  refresh();
}

// The day at the place of the study, in one press.
function today(button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const box = document.getElementById(button.dataset.for);
    box.value = button.form.dataset.today;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// An impatient second press does not send a form twice; after ten seconds it may be sent again.
document.addEventListener("submit", (event) => {
  const { dataset } = event.target;
  if (event.defaultPrevented) return;
  if (Date.now() - Number(dataset.sent ?? 0) < 10000) event.preventDefault();
  else dataset.sent = String(Date.now());
});

for (const table of document.querySelectorAll("table[data-grid]")) grid(table);
for (const button of document.querySelectorAll(".set-today")) today(button);
for (const form of document.querySelectorAll("form[data-record]")) record(form);
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
document.getElementById("problem")?.focus();
