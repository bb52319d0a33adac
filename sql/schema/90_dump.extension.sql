-- pg_dump leaves out the rows of an extension's tables unless they are marked. lock_key is not:
-- its rows mean nothing in another cluster. One call a statement: several in one SELECT fail.

select pg_catalog.pg_extension_config_dump('coord.status', 'where not builtin');
select pg_catalog.pg_extension_config_dump('coord.status_transition', 'where not builtin');
select pg_catalog.pg_extension_config_dump('coord.setting_value', '');
select pg_catalog.pg_extension_config_dump('coord.intent', '');
select pg_catalog.pg_extension_config_dump('coord.intent_no_seq', '');
select pg_catalog.pg_extension_config_dump('coord.ignore_rule', '');
select pg_catalog.pg_extension_config_dump('coord.ignore_rule_id_seq', '');
select pg_catalog.pg_extension_config_dump('coord.conflict', '');
select pg_catalog.pg_extension_config_dump('coord.conflict_id_seq', '');
select pg_catalog.pg_extension_config_dump('coord.own_order', '');
select pg_catalog.pg_extension_config_dump('coord.intent_history', '');
select pg_catalog.pg_extension_config_dump('coord.intent_history_id_seq', '');
select pg_catalog.pg_extension_config_dump('coord.archived_history', '');
select pg_catalog.pg_extension_config_dump('coord.intent_key', '');
select pg_catalog.pg_extension_config_dump('coord.intent_footprint', '');
select pg_catalog.pg_extension_config_dump('coord.intent_footprint_version_seq', '');
select pg_catalog.pg_extension_config_dump('coord.branch_counter', '');
select pg_catalog.pg_extension_config_dump('coord.agent_binding', '');
