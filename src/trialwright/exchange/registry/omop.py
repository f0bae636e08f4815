"""OMOP tables as a registry: which concept is which item stands in a small file that the hospital fills in."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from csv import DictReader, Error
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attrs import frozen

from trialwright.eligibility.people import RegistryPlan
from trialwright.exchange.datasets import Fault
from trialwright.exchange.registry.table import Table, Unscreenable, refused
from trialwright.protocol import Item, Kind, Study, Text

COLUMNS = ("item", "date_item", "table", "concept_id", "code", "value_concept_id", "unit_concept_id", "factor", "days_before_last", "otherwise")
"""The columns of the mapping; `docs/how-to/screen-a-registry.md` says what each means."""

EVENTS = {
    "measurement": ("measurement_concept_id", "measurement_date"),
    "observation": ("observation_concept_id", "observation_date"),
    "condition_occurrence": ("condition_concept_id", "condition_start_date"),
    "procedure_occurrence": ("procedure_concept_id", "procedure_date"),
}
"""Tables of records about a person: the column of the concept and of the day."""
DRUGS = "drug_exposure"
TABLES = ("person", *EVENTS, DRUGS)


@frozen(kw_only=True)
class Line:
    """One line of the mapping; numbers of concepts, None where the line leaves them open."""

    item: str
    date_item: str
    table: str
    concept: int | None
    code: str
    value: int | None
    unit: int | None
    factor: float
    before: int
    otherwise: str
    birth: bool
    """The item is the date of birth, from the table of persons."""


@contextmanager
def tables_of(source: Path, study: Study, plan: RegistryPlan, mapping: Path, beside: Path) -> Iterator[tuple[Table, Table | None]]:
    """The persons and the drug log of an OMOP source (a folder of tables or a .duckdb file), as files that are gone afterwards.

    Raises `Unscreenable` when the source or the mapping cannot be used.
    """
    lines = read_mapping(mapping, study, plan)
    try:
        duckdb = importlib.import_module("duckdb")
    except ModuleNotFoundError:
        raise refused(source, "OMOP tables are read through DuckDB, which is not installed. Install it with: pip install 'trialwright[registry]'",
                      "读取 OMOP 表需要 DuckDB，尚未安装，请运行：pip install 'trialwright[registry]'") from None  # fmt: skip
    place = beside if beside.is_dir() else None
    with TemporaryDirectory(prefix=".omop-", dir=place) as folder, duckdb.connect() as store:
        try:
            store.execute("SET memory_limit = '1GB'; SET threads = 2; SET preserve_insertion_order = false")
            store.execute(f"SET temp_directory = {_text(folder)}")
            there = _opened(store, source)
            _needs(source, there, {line.table for line in lines if line.concept is not None} | {"person"})
            persons = Path(folder) / "person.parquet"
            store.execute(f"COPY ({_persons(study, lines)}) TO {_text(str(persons))} (FORMAT parquet)")
            log = Path(folder) / "drug_exposure.parquet" if _has_drugs(lines) else None
            if log is not None:
                store.execute(f"COPY ({_drug_log(plan.log, lines)}) TO {_text(str(log))} (FORMAT parquet)")
        except duckdb.Error as problem:
            told = str(problem).strip().splitlines()[0][:160]
            raise refused(source, f"the tables cannot be read as OMOP CDM ({told}). Check the names of its tables and columns.",
                          f"无法按 OMOP CDM 读取（{told}），请检查表名和列名。") from problem  # fmt: skip
        yield Table(persons, f"{source}/person"), Table(log, f"{source}/{DRUGS}") if log else None


def read_mapping(file: Path, study: Study, plan: RegistryPlan) -> tuple[Line, ...]:
    """The lines of a mapping that name a concept or a value for everybody. Raises `Unscreenable` with every fault."""
    if not file.is_file():
        raise refused(file, "there is no such mapping. Say which OMOP concept is which item: see docs/how-to/screen-a-registry.md.",
                      "缺少映射文件，请说明 OMOP 概念与研究项目的对应关系，见 docs/how-to/screen-a-registry.md。")  # fmt: skip
    try:
        rows = list(DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    except UnicodeDecodeError as problem:
        raise refused(file, "the file is not in UTF-8. Save it as CSV UTF-8.", "文件编码不是 UTF-8，请另存为 CSV UTF-8。") from problem
    except Error as problem:
        raise refused(file, f"this is no CSV ({problem}). Export it again.", f"不是有效的 CSV（{problem}），请重新导出。") from problem
    missing = [name for name in COLUMNS if not rows or name not in rows[0]]
    if missing:
        raise refused(file, f"the mapping needs the columns {', '.join(COLUMNS)} and at least one line.", f"映射文件须包含列 {'、'.join(COLUMNS)} 及至少一行。",
                      column=missing[0])  # fmt: skip
    faults: list[Fault] = []
    lines = [_line(file, place, row, study, plan, faults) for place, row in enumerate(rows, start=1)]
    if faults:
        raise Unscreenable(faults)
    return tuple(line for line in lines if line is not None and (line.concept is not None or line.otherwise or line.birth))


def _line(file: Path, place: int, row: dict[str, str | None], study: Study, plan: RegistryPlan, faults: list[Fault]) -> Line | None:
    """One line, or None with a fault for each thing that is wrong with it."""
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}

    def wrong(column: str, en: str, zh: str) -> None:
        faults.append(Fault(file=str(file), record=place, column=column, because=Text(en, zh)))

    before = len(faults)
    for column in ("item", "date_item"):
        if cells[column] not in (*plan.items, *plan.log_items, *([""] if column == "date_item" else [])):
            wrong(column, f"{cells[column] or 'nothing'} is no item that the criteria read. Write FORM.ITEM.", "不是标准所用的项目，请写为 FORM.ITEM。")
    if cells["table"] not in TABLES and (cells["table"] or cells["concept_id"]):
        wrong("table", f"{cells['table'] or 'nothing'} is no table that is read. Choose one of {', '.join(TABLES)}.", f"请从 {'、'.join(TABLES)} 中选择。")
    for column in ("concept_id", "value_concept_id", "unit_concept_id", "days_before_last"):
        if cells[column] and not cells[column].isdecimal():
            wrong(column, f"{cells[column]} is no whole number. Write the number of the concept.", "请填写整数。")
    try:
        factor = float(cells["factor"] or 1)
    except ValueError:
        wrong("factor", f"{cells['factor']} is no number.", "请填写数字。")
        factor = 1.0
    if len(faults) > before:
        return None
    item = study.item(*cells["item"].split(".", 1))
    codes = [term.code for term in item.codelist.terms] if item.codelist else []
    for column in ("code", "otherwise"):
        if cells[column] and codes and cells[column] not in codes:
            wrong(column, f"{cells[column]} is no answer of {cells['item']}. Choose one of {', '.join(codes)}.", f"请从 {'、'.join(codes)} 中选择。")
    if cells["concept_id"] and codes and not cells["code"]:
        wrong("code", f"say which answer of {cells['item']} this concept is ({', '.join(codes)}).", f"请说明该概念对应的答案（{'、'.join(codes)}）。")
    if cells["concept_id"] and item.unit and not cells["unit_concept_id"]:
        wrong("unit_concept_id", f"say in which unit the number is recorded; factor turns it into {item.unit}.",
              f"请填写记录所用单位；factor 换算为 {item.unit}。")  # fmt: skip
    numbers = {name: int(cells[name]) if cells[name] else None for name in ("concept_id", "value_concept_id", "unit_concept_id")}
    return Line(item=cells["item"], date_item=cells["date_item"], table=cells["table"], concept=numbers["concept_id"], code=cells["code"],
                value=numbers["value_concept_id"], unit=numbers["unit_concept_id"], factor=factor, before=int(cells["days_before_last"] or 0),
                otherwise=cells["otherwise"], birth=cells["table"] == "person" and item.kind is Kind.DATE)  # fmt: skip


def _opened(store: Any, source: Path) -> set[str]:
    """Makes the tables of the source readable under their plain names; says which are there."""
    if source.is_dir():
        files = {path.stem.lower(): path for path in sorted(source.iterdir()) if path.suffix.lower() in (".csv", ".parquet")}
        for name in (name for name in TABLES if name in files):
            reading = "read_parquet" if files[name].suffix.lower() == ".parquet" else "read_csv"
            store.execute(f"CREATE VIEW {name} AS SELECT * FROM {reading}({_text(str(files[name]))})")
        return set(TABLES) & set(files)
    store.execute(f"ATTACH {_text(str(source))} AS cdm (READ_ONLY)")
    asked = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'cdm'"
    found = {name.lower(): (schema, name) for schema, name in store.execute(asked).fetchall()}
    for table in (table for table in TABLES if table in found):
        schema, name = found[table]
        store.execute(f'CREATE VIEW {table} AS SELECT * FROM cdm."{schema}"."{name}"')
    return set(TABLES) & set(found)


def _needs(source: Path, there: set[str], wanted: set[str]) -> None:
    missing = sorted(wanted - there)
    if missing:
        raise Unscreenable(
            Fault(file=str(source), because=Text(f"there is no table {name} (as {name}.parquet or {name}.csv, or in the database). Add it.",
                                                 f"缺少表 {name}，请补充。"))
            for name in missing
        )  # fmt: skip


def _has_drugs(lines: Sequence[Line]) -> bool:
    return any(line.table == DRUGS and line.item.endswith(".CMTRT") for line in lines)


def _persons(study: Study, lines: Sequence[Line]) -> str:
    """The query for one row per person, every item as text."""
    mine = [line for line in lines if line.table != DRUGS]
    items = list(dict.fromkeys(line.item for line in mine if not line.birth))
    picked = ["CAST(p.person_id AS VARCHAR) AS person", *(f'{_BIRTH} AS "{line.item}"' for line in mine if line.birth)]
    joins = []
    for number, item in enumerate(items):
        own = [line for line in mine if line.item == item]
        otherwise = next((line.otherwise for line in own if line.otherwise), "")
        asked = [line for line in own if line.concept is not None]
        value = "NULL"
        if asked and asked[0].table == "person":
            value = "CASE " + " ".join(f"WHEN p.gender_concept_id = {line.concept} THEN {_text(line.code)}" for line in asked) + " END"
        elif asked:
            joins.append(f"LEFT JOIN ({_picked(study.item(*item.split('.', 1)), asked)}) AS t{number} ON t{number}.person_id = p.person_id")
            value = f"t{number}.value"
            picked += [f'CAST(t{number}.day AS VARCHAR) AS "{line.date_item}"' for line in asked[:1] if line.date_item]
        picked.append(f"COALESCE({value}, {_text(otherwise) if otherwise else 'NULL'}) AS \"{item}\"")
    return f"SELECT {', '.join(picked)} FROM person AS p {' '.join(joins)} ORDER BY p.person_id"


_BIRTH = (
    "CASE WHEN p.month_of_birth IS NOT NULL AND p.day_of_birth IS NOT NULL "
    "THEN CAST(make_date(p.year_of_birth, p.month_of_birth, p.day_of_birth) AS VARCHAR) END"
)
"""The day of birth where year, month and day are recorded; a year alone is not a day."""


def _picked(item: Item, lines: Sequence[Line]) -> str:
    """One value for each person: of the newest day, or the newest at least so many days before; several that differ are none."""
    records = " UNION ALL ".join(_records(item, line) for line in lines)
    return (f"WITH r AS ({records}), newest AS (SELECT person_id, max(day) AS day FROM r GROUP BY person_id), "
            f"k AS (SELECT r.person_id, max(r.day) AS day FROM r JOIN newest ON newest.person_id = r.person_id "
            f"WHERE r.day <= newest.day - {lines[0].before} GROUP BY r.person_id) "
            "SELECT r.person_id, r.day, min(r.value) AS value FROM r JOIN k ON k.person_id = r.person_id AND k.day = r.day "
            "GROUP BY r.person_id, r.day HAVING count(DISTINCT r.value) = 1")  # fmt: skip


def _records(item: Item, line: Line) -> str:
    concept, day = EVENTS[line.table]
    where = [f"{concept} = {line.concept}"]
    if item.kind is Kind.CHOICE:
        value = _text(line.code)
        where += [f"value_as_concept_id = {line.value}"] if line.value is not None else []
    elif item.kind is Kind.DATE:
        value = f"CAST(CAST({day} AS DATE) AS VARCHAR)"
    else:
        digits = 0 if item.kind is Kind.INTEGER else 6 if item.decimals is None else item.decimals
        value = f"CAST(CAST(round(value_as_number * {line.factor!r}, {digits}) AS DECIMAL(18, {digits})) AS VARCHAR)"
        where += ["value_as_number IS NOT NULL", *([f"unit_concept_id = {line.unit}"] if line.unit is not None else [])]
    return f"SELECT person_id, CAST({day} AS DATE) AS day, {value} AS value FROM {line.table} WHERE {' AND '.join(where)}"


def _drug_log(form: str, lines: Sequence[Line]) -> str:
    """The query for one row per drug exposure: milligrams a day are quantity times the milligrams of one piece over the days of supply."""
    own = {name: [line for line in lines if line.table == DRUGS and line.item == f"{form}.{name}"] for name in ("CMTRT", "CMROUTE")}
    concepts = ", ".join(str(line.concept) for line in own["CMTRT"]) or "NULL"
    drug = " ".join(f"WHEN drug_concept_id = {line.concept} THEN {_text(line.code)}" for line in own["CMTRT"])
    strength = " ".join(f"WHEN drug_concept_id = {line.concept} THEN {line.factor!r}" for line in own["CMTRT"])
    route = " ".join(f"WHEN route_concept_id = {line.concept} THEN {_text(line.code)}" for line in own["CMROUTE"])
    daily = f"round(quantity * (CASE {strength} END) / nullif(days_supply, 0), 3)"
    columns = {
        "person": "CAST(person_id AS VARCHAR)", "CMTRT": f"CASE {drug} END", "CMDOSE": f"CAST(CAST({daily} AS DECIMAL(12, 3)) AS VARCHAR)",
        "CMDOSU": "'mg'", "CMDOSFRQ": "'QD'", "CMROUTE": f"CASE {route} END" if route else "CAST(NULL AS VARCHAR)",
        "CMSTDAT": "CAST(CAST(drug_exposure_start_date AS DATE) AS VARCHAR)",
        "CMONGO": "CASE WHEN drug_exposure_end_date IS NOT NULL THEN 'N' END",
        "CMENDAT": "CAST(CAST(drug_exposure_end_date AS DATE) AS VARCHAR)",
    }  # fmt: skip
    picked = ", ".join(f'{value} AS "{name}"' for name, value in columns.items())
    return f"SELECT {picked} FROM {DRUGS} WHERE drug_concept_id IN ({concepts})"


def _text(words: str) -> str:
    """A text as SQL writes it."""
    return "'" + words.replace("'", "''") + "'"
