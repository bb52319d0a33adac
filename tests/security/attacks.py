"""What somebody may try against history, who tries it, and what becomes of it.

The table is the claim that docs/security.md makes in words, and goes on in attacks_on_catalogs.py,
attacks_beyond_roles.py and attacks_by_detours.py. Each attack is one or more statements;
``{victim}`` is an intent with a history, ``{last}`` its last history row, ``{other}`` a row of
another intent, ``{bound}`` an intent of a bound agent that met nobody.
"""

from __future__ import annotations

from typing import NamedTuple

SUPERUSER, OWNER = "superuser", "owner"
REVIEWER, AGENT, READER, NOBODY = "reviewer", "agent", "reader", "nobody"
POWERFUL = (SUPERUSER, OWNER)
"""The owner here is a role of its own, to which the tables were given; both may run any DDL."""
OTHERS = (REVIEWER, AGENT, READER, NOBODY)

APPEND_ONLY = "IC003"
DENIED = "42501"

FOUND = "found"
"""It works, and coord.verify_history() says so."""
FOUND_BY_DIGEST = "found by digest"
"""It works, and only coord.verify_history(digest) says so, with a digest kept elsewhere."""
HARMLESS = "harmless"
"""It works, and every row of history is what it was."""
NOT_FOUND = "not found"
"""It works, and nothing says so, since it is no history: docs/security.md names it as a limit."""
LOUD = "loud"
"""It works, and coord.verify_history() fails with an error."""


class Attack(NamedTuple):
    what: str
    statements: str
    who: tuple[str, ...] = POWERFUL
    becomes: str = APPEND_ONLY  # or an SQLSTATE
    since: int = 14  # PostgreSQL that can do it at all


GUARDS_OFF = """
    alter table coord.intent_history disable trigger user;
    alter table coord.intent disable trigger user;
"""
GUARDS_ON = """
    alter table coord.intent_history enable always trigger intent_history_100_refuse_row;
    alter table coord.intent_history enable always trigger intent_history_100_refuse_truncate;
    alter table coord.intent enable always trigger intent_100_guard;
    alter table coord.intent enable always trigger intent_100_refuse_delete;
    alter table coord.intent enable always trigger intent_100_refuse_truncate;
    alter table coord.intent enable always trigger intent_500_follow;
"""
REHASH = """
    update coord.intent_history h set row_hash = coord._history_hash(h.id, h.intent_id,
        h.intent_row, h.event, h.old_status, h.new_status, h.conflict_id, h.details, h.reason,
        h.changed_by, h.session_role, h.changed_at, h.previous_hash) where h.id = {last};
    update coord.intent i set history_hash = h.row_hash from coord.intent_history h
    where h.id = {last} and i.id = h.intent_id;
"""
CUT_TAIL = """
    with cut as (delete from coord.intent_history where id = {last} returning *)
    update coord.intent i set history_rows = i.history_rows - 1, status = cut.old_status,
        history_hash = cut.previous_hash from cut where i.id = cut.intent_id;
"""
WITHOUT_REFERENCES = """
    do $$
    declare
        v_reference record;
    begin
        for v_reference in
            select conrelid::regclass as relation, conname from pg_constraint
            where confrelid = 'coord.intent'::regclass
        loop
            execute format('alter table %s drop constraint %I',
                v_reference.relation, v_reference.conname);
        end loop;
    end
    $$;
"""


def behind_the_guards(statements: str) -> str:
    """With every trigger off, and on again afterwards."""
    return GUARDS_OFF + statements + GUARDS_ON


# The plain ways. Whoever owns the table is refused because history is append-only; whoever does
# not, because nobody else writes the table.
PLAIN = {
    "update": "update coord.intent_history set reason = 'x'",
    "update of one row": "update coord.intent_history set reason = 'x' where id = {last}",
    "update through a CTE": """
        with changed as (update coord.intent_history set reason = 'x' returning 1)
        select * from changed""",
    "delete": "delete from coord.intent_history",
    "delete of the last row": "delete from coord.intent_history where id = {last}",
    "truncate": "truncate coord.intent_history",
    "truncate with what refers to it": "truncate coord.intent_history cascade",
    "truncate of the intents": "truncate coord.intent cascade",
    "delete of an intent": "delete from coord.intent where id = '{victim}'",
    "upsert": """
        insert into coord.intent_history select * from coord.intent_history where id = {last}
        on conflict (id) do update set reason = 'x'""",
    "update of an archive": """
        insert into coord.archived_history select id, intent_id, intent_row, row_hash, now()
        from coord.intent_history;
        update coord.archived_history set row_hash = sha256('x')""",
    "truncate of the archive": "truncate coord.archived_history",
}

ATTACKS = [
    *(Attack(what, sql) for what, sql in PLAIN.items()),
    *(Attack(what, sql, OTHERS, DENIED) for what, sql in PLAIN.items()),
    # -- as a replica
    *(
        Attack(f"{what}, as a replica", f"set local session_replication_role = replica; {sql}",
               (SUPERUSER,))
        for what, sql in PLAIN.items()
        if "truncate of the intents" not in what
    ),
    Attack("pose as a replica", "set local session_replication_role = replica", (OWNER, *OTHERS),
           DENIED),
    # -- through foreign keys
    Attack(
        "delete by a cascade",
        """
        create table public.master as select distinct intent_id as id from coord.intent_history;
        alter table public.master add primary key (id);
        alter table coord.intent_history add foreign key (intent_id) references public.master (id)
            on delete cascade;
        delete from public.master""",
        (SUPERUSER,),
    ),
    Attack(
        "update by a cascade",
        """
        create table public.master as select distinct intent_id as id from coord.intent_history;
        alter table public.master add primary key (id);
        alter table coord.intent_history add foreign key (intent_id) references public.master (id)
            on update cascade;
        update public.master set id = gen_random_uuid()""",
        (SUPERUSER,),
    ),
    Attack(
        "null by a cascade",
        """
        create table public.master as select distinct conflict_id as id from coord.intent_history
        where conflict_id is not null;
        alter table public.master add primary key (id);
        alter table coord.intent_history add foreign key (conflict_id)
            references public.master (id) on delete set null;
        delete from public.master""",
        (SUPERUSER,),
    ),
    Attack(
        "delete of the intent where the foreign key cascades",
        """
        alter table coord.intent_history drop constraint intent_history_intent_exists;
        alter table coord.intent_history add foreign key (intent_id) references coord.intent
            on delete cascade;
        delete from coord.intent where id = '{victim}'""",
    ),
    # -- rules
    Attack(
        "rule that swallows deletes",
        """
        create rule nothing as on delete to coord.intent_history do instead nothing;
        delete from coord.intent_history""",
        becomes=HARMLESS,
    ),
    Attack(
        "rule that turns an insert into an update",
        """
        create rule other as on insert to coord.intent_history
            do instead update coord.intent_history set reason = 'x';
        insert into coord.intent_history select * from coord.intent_history where id = {last}""",
    ),
    Attack(
        "rule that swallows new rows",
        """
        create rule nothing as on insert to coord.intent_history do instead nothing;
        select coord.mark_merged('{victim}')""",
        (SUPERUSER,),
        FOUND,
    ),
    # -- guards off
    Attack(
        "disabled guard", "alter table coord.intent_history disable trigger user", becomes=FOUND
    ),
    Attack(
        "guard that is not ALWAYS",
        "alter table coord.intent enable trigger intent_100_guard",
        becomes=FOUND,
    ),
    Attack(
        "dropped guard",
        "drop trigger intent_history_100_refuse_row on coord.intent_history",
        becomes=FOUND,
    ),
    Attack(
        "renamed guard",
        "alter trigger intent_history_100_refuse_row on coord.intent_history rename to x",
        becomes=FOUND,
    ),
    Attack(
        "guard that does nothing",
        """
        create function public.nothing() returns trigger language plpgsql as
            'begin return null; end';
        drop trigger intent_history_100_refuse_row on coord.intent_history;
        create trigger intent_history_100_refuse_row before update or delete
            on coord.intent_history for each row execute function public.nothing();
        alter table coord.intent_history
            enable always trigger intent_history_100_refuse_row""",
        (SUPERUSER,),
        FOUND,
    ),
    Attack(
        "guard with a condition",
        """
        drop trigger intent_history_100_refuse_row on coord.intent_history;
        create trigger intent_history_100_refuse_row before update or delete
            on coord.intent_history for each row when (false)
            execute function coord._refuse_history_change('history');
        alter table coord.intent_history
            enable always trigger intent_history_100_refuse_row""",
        (SUPERUSER,),
        FOUND,
    ),
    Attack(
        "guard with another body",
        """
        create or replace function coord._refuse_history_change() returns trigger
            language plpgsql as 'begin return new; end';
        update coord.intent_history set reason = 'x'""",
        (SUPERUSER,),
        FOUND,
    ),
    # -- behind the guards, every trace of which is removed again
    *(
        Attack(what, behind_the_guards(sql), becomes=FOUND)
        for what, sql in {
            "another reason": "update coord.intent_history set reason = 'x' where id = {last};",
            "another actor": "update coord.intent_history set changed_by = 'x' where id = {last};",
            "another role": "update coord.intent_history set session_role = 'x' where id = {last};",
            "another time": """
                update coord.intent_history set changed_at = changed_at + '1 us' where id = {last};
            """,
            "another plan": """
                update coord.intent_history set details = '{{}}' where intent_row = 1;""",
            "first row removed": "delete from coord.intent_history where intent_row = 1;",
            "row in between removed": "delete from coord.intent_history where intent_row = 2;",
            "tail cut off": "delete from coord.intent_history where id = {last};",
            "everything removed": "delete from coord.intent_history;",
            "everything truncated": "truncate coord.intent_history;",
            "row that never was, at the end": """
                insert into coord.intent_history (intent_id, intent_row, event, old_status,
                    new_status, changed_by, session_role, changed_at, previous_hash, row_hash)
                select intent_id, intent_row + 1, event, new_status, new_status, 'x', 'x', now(),
                    row_hash, sha256('x') from coord.intent_history where id = {last};""",
            "row with a fitting hash at the end": """
                insert into coord.intent_history (id, intent_id, intent_row, event, old_status,
                    new_status, details, changed_by, session_role, changed_at, previous_hash,
                    row_hash)
                select 9999, intent_id, intent_row + 1, event, new_status, new_status, '{{}}', 'x',
                    'x', changed_at, row_hash, coord._history_hash(9999, intent_id,
                    intent_row + 1, event, new_status, new_status, null, '{{}}', null, 'x', 'x',
                    changed_at, row_hash)
                from coord.intent_history where id = {last};""",
            "hashes of two rows swapped": """
                update coord.intent_history h set row_hash = o.row_hash
                from coord.intent_history o
                where (h.id, o.id) in (({last}, {other}), ({other}, {last}));""",
            "two rows swapped": """
                alter table coord.intent_history drop constraint intent_history_intent_row_key;
                update coord.intent_history set intent_row = 5 - intent_row
                where intent_id = '{victim}' and intent_row in (2, 3);""",
            "rows given to another intent": """
                alter table coord.intent_history drop constraint intent_history_intent_row_key;
                update coord.intent_history set intent_id = (
                    select intent_id from coord.intent_history where id = {other})
                where id = {last};""",
            "status without a transition": """
                update coord.intent set status = 'abandoned' where id = '{victim}';""",
            "intent that was never registered": """
                insert into coord.intent (agent_id, feature_name, branch_name, schema_changes,
                    tables_affected, search_path, status, history_rows, history_hash, created_at,
                    updated_at)
                values ('x', 'x', 'x', '{{x}}', '{{}}', '{{}}', 'registered', 1, sha256('x'),
                    now(), now());""",
        }.items()
    ),
    # -- by DDL
    Attack(
        "column rewritten by ALTER TYPE",
        "alter table coord.intent_history alter reason type text using 'x'",
        becomes=FOUND,
    ),
    Attack(
        "row in a table that inherits",
        """
        create table public.more () inherits (coord.intent_history);
        insert into public.more select * from coord.intent_history where id = {last}""",
        (SUPERUSER,),
        FOUND,
    ),
    Attack(
        "another table in its place",
        """
        alter table coord.intent_history rename to old_history;
        create table coord.intent_history (like coord.old_history including all);
        insert into coord.intent_history select * from coord.old_history""",
        (SUPERUSER,),
        FOUND,
    ),
    Attack(
        "rows hidden by row-level security",
        """
        alter table coord.intent_history enable row level security;
        alter table coord.intent_history force row level security;
        delete from coord.intent_history""",
        (OWNER,),
        HARMLESS,
    ),
    Attack(
        "dropped table", "drop table coord.intent_history cascade", (SUPERUSER,), "2BP01"
    ),
    # -- the intent's memory of its history
    Attack(
        "intent that forgets",
        "update coord.intent set history_rows = 1 where id = '{victim}'",
        becomes="55000",
    ),
    Attack(
        "intent with another hash",
        "update coord.intent set history_hash = sha256('x') where id = '{victim}'",
        becomes="55000",
    ),
    Attack(
        "intent of another agent",
        "update coord.intent set agent_id = 'x' where id = '{victim}'",
        becomes="55000",
    ),
    Attack(
        "plan changed behind the detector",
        "update coord.intent set schema_changes = array['select 1'] where id = '{victim}'",
        becomes="55000",
    ),
    Attack(
        "illegal move by hand",
        "update coord.intent set status = 'registered' where id = '{victim}'",
        becomes="IC002",
    ),
    Attack(
        "review that never was",
        """
        update coord.conflict set reviewed = true, reviewed_at = now(), reviewed_by = 'x'
        where not reviewed""",
        (SUPERUSER,),
        FOUND,
    ),
    # -- what only a digest tells
    *(
        Attack(what, behind_the_guards(sql), becomes=FOUND_BY_DIGEST)
        for what, sql in {
            "row forged with its hash": (
                "update coord.intent_history set reason = 'x' where id = {last};" + REHASH
            ),
            "tail cut off, and the intent's memory of it": CUT_TAIL,
        }.items()
    ),
    Attack(
        "intent removed with all its traces",
        GUARDS_OFF
        + """
        delete from coord.intent_history where intent_id = '{victim}';
        delete from coord.conflict where '{victim}' in (intent_a, intent_b);
        """
        + WITHOUT_REFERENCES
        + "delete from coord.intent where id = '{victim}';"
        + GUARDS_ON,
        (SUPERUSER,),
        FOUND,  # by the reviews that the others' histories have
    ),
    Attack(
        "intent that met nobody removed with all its traces",
        GUARDS_OFF
        + "delete from coord.intent_history where intent_id = '{bound}';"
        + WITHOUT_REFERENCES
        + "delete from coord.intent where id = '{bound}';"
        + GUARDS_ON,
        (SUPERUSER,),
        FOUND_BY_DIGEST,
    ),
    Attack(
        "history of an intent that is gone",
        GUARDS_OFF
        + WITHOUT_REFERENCES
        + "delete from coord.intent where id = '{victim}';"
        + GUARDS_ON,
        (SUPERUSER,),
        FOUND,
    ),
]  # fmt: skip
