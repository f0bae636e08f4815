// The matrix as one stop of the Tab key: arrows move, Enter opens, the line below says in words where you are.
function grid(table) {
  const rows = [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("a")]);
  const tell = document.getElementById("tell");
  const all = rows.flat();
  const enter = (link) => {
    for (const other of all) other.tabIndex = other === link ? 0 : -1;
  };
  const at = (link) => {
    const cell = link.closest("td, th");
    return [cell.parentElement.sectionRowIndex, cell.cellIndex];
  };
  const find = (row, column) => all.find((link) => at(link)[0] === row && at(link)[1] === column);
  const step = (link, down, right) => {
    let [row, column] = at(link);
    const height = rows.length, width = table.tHead.rows[0].cells.length;
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

for (const table of document.querySelectorAll("table[data-grid]")) grid(table);
document.getElementById("problem")?.focus();
