"""What somebody without power may try beyond their role: every one is refused, or does nothing."""

from __future__ import annotations

from tests.security.attacks import AGENT, DENIED, HARMLESS, NOBODY, OTHERS, READER, REVIEWER, Attack

INVALID, TOO_LONG = "22023", "54000"

ATTACKS = [
    # -- beyond one's role, around the tables
    *(
        Attack(what, sql, OTHERS, DENIED)
        for what, sql in {
            "disable the guards": "alter table coord.intent_history disable trigger user",
            "trigger of one's own": """
                create trigger x before insert on coord.intent_history
                for each row execute function suppress_redundant_updates_trigger()""",
            "rule of one's own": """
                create rule x as on update to coord.intent_history do instead nothing""",
            "lock everybody out": "lock table coord.intent_history in access exclusive mode",
            "history written by hand": """
                insert into coord.intent_history select * from coord.intent_history""",
            "function in the schema": """
                create function coord.nothing() returns int language sql return 1""",
            "another body for a guard": """
                create or replace function coord._refuse_history_change() returns trigger
                language plpgsql as 'begin return new; end'""",
            "internal function that appends": """
                select coord._append_history('{victim}', 99, 'x', 'x', 'x', null, '{{}}', 'x', 'x',
                    now(), null)""",
            "internal function that moots": "select coord._moot_conflicts('{victim}', 'x')",
            "archive": "select coord.archive_ended(now())",
            "setting": "update coord.setting set value = 'off' where name = 'conflicted_from'",
            "setting behind the view": "insert into coord.setting_value values ('x', 'y')",
            "edge of one's own": """
                insert into coord.status_transition values ('merged', 'registered')""",
            "binding by hand": "delete from coord.agent_binding",
            "role of the owner": "set local role attack_owner",
            "drop the extension": "drop extension confiture_coord cascade",
            "drop the schema": "drop schema coord cascade",
            "drop what the owner has": "drop owned by attack_owner",
            "take part in the group": "grant coord_reviewer to current_user",
            "write through a sequence": "select setval('coord.intent_history_id_seq', 1)",
            "write through COPY": "copy coord.intent_history from program 'true'",
        }.items()
    ),
    *(
        Attack(what, sql, (READER, NOBODY), DENIED)
        for what, sql in {
            "register": "select coord.register_intent('x', 'x', 'create table x ()')",
            "move": "select coord.mark_abandoned('{victim}')",
            "move, by the internal function": "select coord._move('{victim}', 'x', null, null)",
            "amend": "select coord.amend_intent('{victim}', 'select 1')",
            "recheck": "select coord.recheck('{victim}')",
            "heartbeat": "select coord.heartbeat('{victim}')",
            "review": "select coord.resolve_conflict(1, 'x')",
            "number a branch": "select coord.allocate_branch('x')",
        }.items()
    ),
    *(
        Attack(what, sql, (AGENT, READER, NOBODY), DENIED)
        for what, sql in {
            "bind an agent": "select coord.bind_agent('x', current_user)",
            "silence conflicts": "select coord.ignore('x', object_name => '%')",
            "let a rule expire": "select coord.unignore(1)",
            "abandon others' intents": "select coord.abandon_stale('0', 'x')",
        }.items()
    ),
    *(
        Attack(what, sql, (AGENT,), DENIED)
        for what, sql in {
            "act for a bound agent": "select coord.mark_abandoned('{bound}')",
            "act under a bound agent's name": """
                select coord.mark_abandoned('{victim}', changed_by => 'bound')""",
            "declare for a bound agent": """
                select coord.register_intent('bound', 'x', 'create table x ()')""",
            "declare for it with blanks around": """
                select coord.register_intent(' bound ', 'x', 'create table x ()')""",
            "amend a bound agent's plan": "select coord.amend_intent('{bound}', 'select 1')",
            "keep a bound agent's intent alive": "select coord.heartbeat('{bound}')",
            "move it by the internal function": """
                select coord._move('{bound}', 'abandoned', null, null)""",
        }.items()
    ),
    *(
        Attack(what, sql, (NOBODY,), DENIED)
        for what, sql in {
            "see intents": "select * from coord.intent",
            "see history": "select * from coord.intent_history",
            "see settings": "select * from coord.setting",
            "analyse": "select * from coord.footprint('select 1')",
            "check": "select * from coord.check_intent('x', 'x', 'select 1')",
            "verify": "select * from coord.verify_history()",
            "load the detector": "select coord._load_detector()",
            "see the version": "select coord.version()",
        }.items()
    ),
    # -- by way of the server
    *(
        Attack(what, sql, OTHERS, DENIED)
        for what, sql in {
            "event trigger": """
                create function pg_temp.x() returns event_trigger language plpgsql as
                    'begin end';
                create event trigger x on ddl_command_end execute function pg_temp.x()""",
            "take an object out of the extension": """
                alter extension confiture_coord drop table coord.intent_history""",
            "slip an object into the extension": """
                create function pg_temp.x() returns int language sql as 'select 1';
                alter extension confiture_coord add function pg_temp.x()""",
            "function with another setting": """
                alter function coord._refuse_history_change() set search_path = public""",
            "give away what the owner has": "reassign owned by attack_owner to attack_agent",
            "foreign key of one's own": "create table public.x (id uuid references coord.intent)",
            "child of the table": "create table public.x () inherits (coord.intent_history)",
            "policy of one's own": "create policy x on coord.intent_history using (true)",
            "lock rows": "select * from coord.intent for no key update",
            "guards off in a block": """
                do $$ begin execute 'alter table coord.intent disable trigger all'; end $$""",
            "catalogs by hand": "update pg_trigger set tgenabled = 'D'",
            "insert that updates": """
                insert into coord.intent_history
                select * from coord.intent_history where id = {last}
                on conflict (id) do update set reason = 'x'""",
            "hook of one's own": """
                insert into coord.setting (name, value)
                values ('branch_hook', 'pg_catalog.lo_unlink(oid)')""",
            "the end of all limits": "delete from coord.setting_default",
            "rule that ignores, by hand": """
                insert into coord.ignore_rule (object_name, reason, created_by, created_at)
                values ('%', 'x', 'x', now())""",
            "status that is final no more": "update coord.status set is_active = true",
            "detector of one's own": """
                insert into coord.detector_code values ('x', 'x', 'x', 'x')""",
            "locks by hand": "update coord.lock_container set holder = '0'",
            "keys by hand": "delete from coord.intent_key",
        }.items()
    ),
    *(
        Attack(what, sql, (AGENT, READER, NOBODY), DENIED)
        for what, sql in {
            "reviewer's role": "set local role coord_reviewer",
            "reviewer's role, as a grant": "grant coord_reviewer to attack_reader",
        }.items()
    ),
    Attack("change through a view that asks as its owner", """
        create view pg_temp.x as select * from coord.intent_history;
        update pg_temp.x set reason = 'x'""", (REVIEWER, AGENT, READER), DENIED),
    Attack("change through a view that asks as its caller", """
        create view pg_temp.x with (security_invoker = true) as
            select * from coord.intent_history;
        update pg_temp.x set reason = 'x'""", (REVIEWER, AGENT, READER), DENIED, since=15),
    Attack("change through MERGE", """
        merge into coord.intent_history h using (select 1) x on true
        when matched then update set reason = 'x'""", OTHERS, DENIED, since=15),
    # -- what anybody may do, and what comes of it
    *(
        Attack(what, sql, (REVIEWER, AGENT, READER), HARMLESS)
        for what, sql in {
            "grant what was not given to grant": "grant select on coord.intent_history to public",
            "tables of the same names in pg_temp": """
                create temp table intent_history (id int, row_hash bytea);
                create temp table intent (id int); create temp table pg_trigger (tgname name);
                create temp table pg_proc (proname name);
                select * from coord.verify_history()""",
            "read lock": "lock table coord.intent_history in access share mode",
            "notification that nobody sent": """
                select pg_notify('conflicts', '{{"event": "conflict_detected"}}')""",
        }.items()
    ),
    # -- input that is meant for whoever reads it, or for the server's memory
    *(
        Attack(what, sql, (AGENT,), INVALID)
        for what, sql in {
            "reason that a terminal obeys": r"""
                select coord.mark_abandoned('{victim}', e'done\x1b[2K\x1b[1Aall good')""",
            "reason that rings": r"select coord.mark_abandoned('{victim}', e'\x07')",
            "note that a terminal obeys": r"select coord.resolve_conflict(1, e'ok\x1b[8m')",
            "feature that is two lines": r"""
                select coord.register_intent('x', e'x\nabandoned', 'create table x ()')""",
            "agent that returns to the line's beginning": r"""
                select coord.register_intent(e'x\rada', 'x', 'create table x ()')""",
            "actor that is two lines": r"""
                select coord.mark_abandoned('{victim}', 'x', e'x\ny')""",
            "digest that is none": "select coord.verify_history('confiture_coord-1/1/1/9-1/')",
            "digest with gaps that end before they begin": """
                select coord.verify_history('confiture_coord-1/1/1/9-1/' || repeat('0', 64))""",
            "digest with a gap that has no end": """
                select coord.verify_history('confiture_coord-1/1/1/9-/' || repeat('0', 64))""",
            "digest that is long": "select coord.verify_history(repeat('1-2,', 1000000))",
        }.items()
    ),
    *(
        Attack(what, sql, (AGENT,), TOO_LONG)
        for what, sql in {
            "reason of 50 MB": "select coord.mark_abandoned('{victim}', repeat('x', 50000000))",
            "feature of 50 MB": """
                select coord.register_intent('x', repeat('x', 50000000), 'create table x ()')""",
            "agent of 50 MB": """
                select coord.register_intent(repeat('x', 50000000), 'x', 'create table x ()')""",
            "note of 50 MB": "select coord.resolve_conflict(1, repeat('x', 50000000))",
            "script of 50 MB": """
                select coord.register_intent('x', 'x', repeat(' ', 50000000))""",
            "metadata of 50 MB": """
                select coord.register_intent('x', 'x', 'create table x ()',
                    metadata => jsonb_build_object('x', repeat('x', 50000000)))""",
            "metadata of one number": """
                select coord.register_intent('x', 'x', 'create table x ()',
                    metadata => '{{"x": 1e131071}}')""",
        }.items()
    ),
    *(
        Attack(what, sql, (REVIEWER,), INVALID)
        for what, sql in {
            "pattern that ends in the middle": r"select coord.ignore('x', object_name => 'a\')",
            "pattern that ends in the middle, after whole ones": r"""
                select coord.ignore('x', object_name => '%\\\')""",
            "rule that a terminal obeys": r"select coord.ignore('x', rule => e'\x1b[2J')",
        }.items()
    ),
    Attack("pattern of 50 MB", """
        select coord.ignore('x', object_name => repeat('%a', 25000000))""", (REVIEWER,), TOO_LONG),
]  # fmt: skip
