"""The tables of a trial in PostgreSQL, the guards that let them only grow, and what is wrong with them."""

from collections.abc import Iterator, Set

from psycopg import Cursor, sql

FORMAT = "trialwright-place/1"
"""How a place is laid out, as the comment on its schema says; one without such a comment was laid out before it was said, and is the same."""
_TABLES = """
CREATE SCHEMA {schema};
COMMENT ON SCHEMA {schema} IS {format};
CREATE TABLE {schema}.about (name text COLLATE "C" PRIMARY KEY, value text NOT NULL);
CREATE TABLE {schema}.line (
  log text COLLATE "C" NOT NULL, seq bigint NOT NULL, body bytea NOT NULL, head bytea NOT NULL, PRIMARY KEY (log, seq), UNIQUE (head)
);
CREATE TABLE {schema}.secret (
  log text COLLATE "C" NOT NULL, seq bigint NOT NULL, salt bytea NOT NULL, value bytea, PRIMARY KEY (log, seq),
  FOREIGN KEY (log, seq) REFERENCES {schema}.line
);
"""
_FUNCTION = "CREATE FUNCTION {schema}.{name}() RETURNS trigger LANGUAGE plpgsql AS {body}"
_TRIGGER = """
CREATE TRIGGER {name} {when} ON {schema}.{table} {each} EXECUTE FUNCTION {schema}.{name}();
ALTER TABLE {schema}.{table} ENABLE ALWAYS TRIGGER {name};
"""  # always: also in a session that says it only repeats what another server did
_RIGHTS = """
GRANT USAGE ON SCHEMA {schema} TO {app};
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA {schema} TO {app};
"""
_BODIES = {
    "grows_only": "BEGIN RAISE EXCEPTION 'append-only' USING ERRCODE = 'integrity_constraint_violation'; END",
    "next_only": """DECLARE last bigint; BEGIN
      EXECUTE format('SELECT max(seq) FROM %I.%I WHERE log = $1', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO last USING NEW.log;
      IF NEW.seq <> 1 + coalesce(last, 0) THEN RAISE EXCEPTION 'sequence' USING ERRCODE = 'integrity_constraint_violation'; END IF;
      RETURN NEW; END""",
}
_ERASE = """
CREATE FUNCTION {schema}.erase(text, text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp AS {body};
REVOKE ALL ON FUNCTION {schema}.erase(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.erase(text, text) TO {app};
"""
_ERASES = """BEGIN
      IF NOT EXISTS (SELECT FROM line gone, line told WHERE split_part(gone.log, '/', 1) = $1 AND split_part(told.log, '/', 1) = $1
                     AND left(encode(gone.head, 'hex'), 16) = $2
                     AND (told.log <> gone.log OR told.seq > gone.seq)
                     AND convert_from(told.body, 'UTF8')::json ->> 'kind' = 'Redacted'
                     AND convert_from(told.body, 'UTF8')::json #>> '{event,erases}' = $2) THEN
        RAISE EXCEPTION 'nobody erased it' USING ERRCODE = 'integrity_constraint_violation'; END IF;
      ALTER TABLE secret DISABLE TRIGGER grows_only;
      DELETE FROM secret USING line WHERE split_part(line.log, '/', 1) = $1 AND left(encode(head, 'hex'), 16) = $2
        AND secret.log = line.log AND secret.seq = line.seq;
      IF NOT FOUND THEN RAISE EXCEPTION 'nothing to erase' USING ERRCODE = 'integrity_constraint_violation'; END IF;
      ALTER TABLE secret ENABLE ALWAYS TRIGGER grows_only; END"""
"""The only way in which the application takes something away: the values of an entry of which a line with its label says
that two people erased them."""
_CHANGE = ("BEFORE UPDATE OR DELETE OR TRUNCATE", "FOR EACH STATEMENT", 2 + 8 + 16 + 32)
_INSERT = ("BEFORE INSERT", "FOR EACH ROW", 1 + 2 + 4)
_WHEN = {("about", "grows_only"): _CHANGE, ("line", "grows_only"): _CHANGE, ("secret", "grows_only"): _CHANGE, ("line", "next_only"): _INSERT}
"""Table and guard: when it acts, for what, and the number by which PostgreSQL says so (pg_trigger.tgtype)."""


def lay_out(cursor: Cursor, schema: str, app: str) -> None:
    """Makes the tables and guards of one trial, as their owner; the account `app` may then read them and add to them, and no more."""
    names = {"schema": sql.Identifier(schema), "app": sql.Identifier(app), "format": sql.Literal(FORMAT)}
    cursor.execute(sql.SQL(_TABLES).format(**names))
    for name, body in _BODIES.items():
        cursor.execute(sql.SQL(_FUNCTION).format(name=sql.Identifier(name), body=sql.Literal(body), **names))
    for (table, name), (when, each, _) in _WHEN.items():
        cursor.execute(sql.SQL(_TRIGGER).format(name=sql.Identifier(name), table=sql.Identifier(table), when=sql.SQL(when), each=sql.SQL(each), **names))
    cursor.execute(sql.SQL(_RIGHTS).format(**names))
    cursor.execute(sql.SQL(_ERASE).format(body=sql.Literal(_ERASES), **names))


_EXPECTED: dict[str, Set[str]] = {
    # kept on disk (p), a plain table (r), with no rule, no heirs and no hidden rows
    "table": {"about p r false false false", "line p r false false false", "secret p r false false false"},
    "column": {"about.name text true C", "about.value text true default", "line.log text true C", "line.seq bigint true -", "line.body bytea true -",
               "line.head bytea true -", "secret.log text true C", "secret.seq bigint true -", "secret.salt bytea true -", "secret.value bytea false -"},
    "constraint": {"about PRIMARY KEY (name)", "line PRIMARY KEY (log, seq)", "line UNIQUE (head)", "secret PRIMARY KEY (log, seq)",
                   "secret FOREIGN KEY (log, seq) REFERENCES line(log, seq)"},
    "trigger": {f"{table} {name} {name} {number} A" for (table, name), (_, _, number) in _WHEN.items()},
    "function": {f"{name} plpgsql false {body}" for name, body in _BODIES.items()} | {f"erase plpgsql true {_ERASES}"},
    "index": set(), "right": set(), "key trigger": set(),
}  # fmt: skip
_FOUND = {
    "table": """SELECT concat_ws(' ', relname, relpersistence, relkind, relhasrules::text, relhassubclass::text, relrowsecurity::text)
                FROM pg_class WHERE relnamespace = {schema} AND relkind NOT IN ('i', 't')""",
    "column": """SELECT concat_ws(' ', relname || '.' || attname, format_type(atttypid, atttypmod), attnotnull::text, coalesce(collname, '-'))
                 FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_collation l ON l.oid = attcollation
                 WHERE relnamespace = {schema} AND relkind = 'r' AND attnum > 0 AND NOT attisdropped""",
    "constraint": """SELECT replace(relname || ' ' || pg_get_constraintdef(k.oid) || CASE WHEN convalidated THEN '' ELSE ' NOT VALID' END,
                            quote_ident({name}) || '.', '')
                     FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid WHERE relnamespace = {schema} AND contype <> 'n'""",
    "trigger": """SELECT concat_ws(' ', relname, tgname, proname, tgtype, tgenabled) || coalesce(' ' || tgqual::text, '') || tgattr::text
                  FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid JOIN pg_proc p ON p.oid = tgfoid WHERE relnamespace = {schema} AND NOT tgisinternal""",
    "function": """SELECT concat_ws(' ', proname, lanname, prosecdef::text, prosrc)
                   FROM pg_proc JOIN pg_language l ON l.oid = prolang WHERE pronamespace = {schema}""",
    "index": """SELECT relname || ' is not valid' FROM pg_index JOIN pg_class c ON c.oid = indexrelid
                WHERE relnamespace = {schema} AND NOT (indisvalid AND indisready AND indislive)""",
    "right": """SELECT relname || ': ' || coalesce(nullif(grantee, 0)::regrole::text, 'everybody') || ' may ' || privilege_type
                FROM pg_class c, aclexplode(relacl)
                WHERE relnamespace = {schema} AND grantee <> relowner AND privilege_type NOT IN ('SELECT', 'INSERT')""",
    "key trigger": """SELECT relname || ' is switched off' FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
                      WHERE relnamespace = {schema} AND tgisinternal AND tgenabled NOT IN ('O', 'A')""",
}
"""What stands in the catalogs of the server about this schema, as sentences that can be held against what was laid out."""


def guards_wrong(cursor: Cursor, schema: str) -> Iterator[tuple[str, str]]:
    """Every table, guard or right that is missing, changed or foreign: what it is, and what is wrong."""
    names = {"schema": sql.SQL("(SELECT oid FROM pg_namespace WHERE nspname = {})").format(sql.Literal(schema)), "name": sql.Literal(schema)}
    for kind, statement in _FOUND.items():
        expected = _EXPECTED[kind]
        found = {str(told) for (told,) in cursor.execute(sql.SQL(statement).format(**names)).fetchall()}
        for told in sorted(expected - found):
            yield f"guard {kind} {_short(told)}", "missing or changed"
        for told in sorted(found - expected):
            yield f"guard {kind} {_short(told)}", "does not belong here"


def _short(told: str) -> str:
    return " ".join(told.split())[:80]


def too_mighty(cursor: Cursor, schema: str) -> str:
    """Why the account of this connection may do more than the application should; empty when it may only read and add."""
    asked = """SELECT current_user, rolsuper OR rolbypassrls, pg_has_role(relowner, 'USAGE'),
                      has_table_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE') OR has_table_privilege(c.oid, 'TRUNCATE')
               FROM pg_roles, pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE rolname = current_user AND relkind = 'r' AND nspname = %s"""
    for user, super_user, owner, may_change in cursor.execute(asked, (schema,)).fetchall():
        if super_user or owner or may_change:
            reason = "rules the whole server" if super_user else "owns the tables" if owner else "may change or remove rows"
            return f"the account {user} {reason}"
    return ""
