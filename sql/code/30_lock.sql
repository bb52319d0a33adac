-- Locks of registrations. One global order: containers by (bucket, shard), then keys, then a
-- branch counter, then intents by id, then conflicts.
--
-- A registration does not lock the intents that it conflicts with: whoever ends one of them, by a
-- function or by an UPDATE, takes that one's keys (code/20_transition.sql), so the two meet here.
--
-- A lock is an UPDATE of the key's row, never a mere row lock: that is the only kind of lock that
-- a transaction with an old snapshot (REPEATABLE READ, SERIALIZABLE) cannot get without noticing,
-- by SQLSTATE 40001, that somebody had it in between. Advisory locks would share a small table in
-- memory; rows have no such limit.

create or replace function coord._container_bucket(key text) returns smallint
language sql immutable
set search_path = pg_catalog, pg_temp
return case when key = 'database' then 0
            else 1 + (hashtext(key) & 2147483647) % 16 end;
comment on function coord._container_bucket(text) is
    'The rows of coord.lock_container that stand for a container (internal)';

create or replace function coord._lock_holder() returns xid8
language sql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- Not the bare transaction id: rows that were restored from another cluster, or that an earlier
-- life of this one left behind (pg_resetwal), may hold the very id that we have now, and would pass
-- for locks that we took ourselves. So the id is mixed with when the server was started. Different
-- transactions of one start have different numbers; those of different starts share none but by a
-- chance of 1 in 2^63.
select ((hashint8extended((extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint, 0)
         # pg_current_xact_id()::text::bigint) & 9223372036854775807)::text::xid8
$function$;
comment on function coord._lock_holder() is
    'A number of this transaction that no other has, here or on another server (internal)';

create or replace function coord._lock_container(bucket smallint, is_exclusive boolean)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- A member takes any free row; who changes the container as a whole takes all, in order.
declare
    v_holder xid8 := coord._lock_holder();
    v_mine integer := pg_backend_pid() % 32;
begin
    if is_exclusive then
        perform from coord.lock_container l where l.bucket = $1 order by l.shard for no key update;
        update coord.lock_container l set holder = v_holder
        where l.bucket = $1 and l.holder <> v_holder;
        return;
    end if;
    if exists (
        select from coord.lock_container l where l.bucket = $1 and l.holder = v_holder
    ) then
        return;
    end if;
    update coord.lock_container l set holder = v_holder
    where l.bucket = $1 and l.shard = (
        select free.shard from coord.lock_container free where free.bucket = $1
        order by (free.shard + v_mine) % 32
        limit 1 for no key update skip locked);
    if not found then
        update coord.lock_container l set holder = v_holder
        where l.bucket = $1 and l.shard = v_mine;
    end if;
end
$function$;
comment on function coord._lock_container(smallint, boolean) is
    'Locks a schema or the database, as a member or as a whole, until commit (internal)';

create or replace function coord._lock_keys(
    keys text[], are_exclusive boolean[], are_containers boolean[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_holder xid8 := coord._lock_holder();
    v_before text := coord._limit_lock_wait();
    v_container record;
begin
    for v_container in
        select coord._container_bucket(k.key) as bucket, bool_or(k.is_exclusive) as is_exclusive
        from unnest(keys, are_exclusive, are_containers) as k (key, is_exclusive, is_container)
        where k.is_container group by 1 order by 1
    loop
        perform coord._lock_container(v_container.bucket, v_container.is_exclusive);
    end loop;
    insert into coord.lock_key as l (key, holder)
    select k.key, v_holder
    from unnest(keys, are_containers) as k (key, is_container)
    where not k.is_container order by k.key collate "C"
    on conflict on constraint lock_key_pkey do update set holder = excluded.holder
    where l.holder <> excluded.holder;
    perform set_config('lock_timeout', v_before, true);
exception when lock_not_available then
    perform coord._raise_lock_wait('coord.lock_key', 'another registration that shares an object',
        array(select l.xmax from coord.lock_key l where l.key = any (keys) and l.xmax <> '0'
              union all
              select l.xmax from coord.lock_container l where l.xmax <> '0' and l.bucket in (
                  select coord._container_bucket(k.key)
                  from unnest(keys, are_containers) as k (key, is_container)
                  where k.is_container)));
end
$function$;
comment on function coord._lock_keys(text[], boolean[], boolean[]) is
    'Takes the locks of a footprint in the global order, until commit (internal)';

create or replace function coord._lock_intent_keys(intent_no bigint) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $function$
select coord._lock_keys(
    array_agg(k.key), array_agg(k.is_exclusive), array_agg(k.is_container))
from coord.intent_key k where k.intent_no = $1
having count(*) > 0
$function$;
comment on function coord._lock_intent_keys(bigint) is
    'Takes the locks of a stored footprint, until commit (internal)';

create or replace function coord._lock_intents(intents uuid[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_before text := coord._limit_lock_wait();
begin
    perform from coord.intent i where i.id = any (intents) order by i.id for no key update;
    perform set_config('lock_timeout', v_before, true);
exception when lock_not_available then
    perform coord._raise_lock_wait('coord.intent', 'another change of the same intent',
        array(select i.xmax from coord.intent i where i.id = any (intents) and i.xmax <> '0'));
end
$function$;
comment on function coord._lock_intents(uuid[]) is
    'Locks intents that are going to change, by id, until commit (internal)';

create or replace function coord._limit_lock_wait() returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- Returns the caller's value, to be restored. A stricter one of the caller's stays in force.
declare
    v_before text := current_setting('lock_timeout');
    v_before_ms numeric := extract(epoch from v_before::interval) * 1000;
    v_limit_ms integer := coord._setting_of('lock_wait_ms')::integer;
begin
    if v_limit_ms > 0 and (v_before_ms = 0 or v_before_ms > v_limit_ms) then
        perform set_config('lock_timeout', v_limit_ms::text, true);
    end if;
    return v_before;
end
$function$;
comment on function coord._limit_lock_wait() is
    'Bounds the wait for locks in this transaction; returns the previous value (internal)';

create or replace function coord._raise_lock_wait(relation regclass, what text, holders xid[])
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_lines text;
begin
    -- The rows' xmax says which transaction had locked them; where the row itself is not visible
    -- yet (its insertion is what we waited for), every writer of the table is a candidate. What
    -- somebody else's session runs is for those who would see it in pg_stat_activity, too.
    with granted as (
        select l.*, l.locktype = 'transactionid' and l.mode = 'ExclusiveLock'
                    and l.transactionid = any (holders) as is_holder
        from pg_locks l where l.granted and l.pid is distinct from pg_backend_pid()
    ), blocking as (
        select g.pid, g.virtualtransaction from granted g where g.is_holder
        union
        select g.pid, g.virtualtransaction from granted g
        where g.locktype = 'relation' and g.relation = $1
          and g.mode in ('RowExclusiveLock', 'RowShareLock') and g.database = (
              select d.oid from pg_database d where d.datname = current_database())
          and not exists (select from granted h where h.is_holder)
    ), said as (
        select format('process %s, role "%s"%s, %s since %s%s', a.pid, a.usename,
                   case when a.application_name <> '' then format(' (%s)', a.application_name)
                        else '' end,
                   coalesce(a.state, 'running'), date_trunc('second', a.xact_start),
                   case when coord._is_member(a.usename) or coord._is_member('pg_read_all_stats')
                        then ': ' || left(regexp_replace(a.query, '[[:space:]]+', ' ', 'g'), 120)
                   end) as line, a.pid
        from pg_stat_activity a where a.pid in (select b.pid from blocking b)
        union all
        select format('prepared transaction %L of role "%s" since %s: COMMIT PREPARED or ROLLBACK '
                      'PREPARED ends it', p.gid, p.owner, date_trunc('second', p.prepared)), null
        from pg_prepared_xacts p
        where p.transaction in (
            select g.transactionid from granted g
            join blocking b on b.pid is null and b.virtualtransaction = g.virtualtransaction
            where g.pid is null and g.locktype = 'transactionid' and g.mode = 'ExclusiveLock')
    )
    select string_agg(s.line, e'\n' order by s.pid, s.line) into v_lines from said s;
    perform coord._raise('55P03', format('gave up waiting for %s', what),
        coalesce(v_lines, 'the other transaction has ended meanwhile'),
        'try again; if that session is idle in a transaction, have it commit, or end it with '
        'pg_terminate_backend(); the setting lock_wait_ms bounds the wait');
end
$function$;
comment on function coord._raise_lock_wait(regclass, text, xid[]) is
    'Raises 55P03 naming the sessions that hold the lock (internal)';
