\echo Two agents work on one schema. Both will change this table.
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);

\echo
\echo claude-payments declares what it is going to do. Nobody is in its way.
SELECT branch_name, status, tables_affected, conflicts
  FROM coord.register_intent('claude-payments', 'stripe_integration',
       'ALTER TABLE users ADD COLUMN stripe_customer_id TEXT',
       risk_level => 'medium');

\echo claude-auth asks before it declares: another column of the same table. Asking stores nothing.
SELECT agent_id, feature_name, conflict_type, severity, outcome, affected_objects
  FROM coord.check_intent('claude-auth', 'oauth2_provider',
       'ALTER TABLE users ADD COLUMN oauth_provider_id TEXT');

\echo An overlap is a warning, so it declares all the same, and is told again.
SELECT branch_name, status, conflicts
  FROM coord.register_intent('claude-auth', 'oauth2_provider',
       'ALTER TABLE users ADD COLUMN oauth_provider_id TEXT');

\echo claude-crm wants a column that claude-payments adds, with another type. Both cannot hold: an error.
SELECT branch_name, status, conflicts
  FROM coord.register_intent('claude-crm', 'crm_sync',
       'ALTER TABLE users ADD COLUMN stripe_customer_id BIGINT');

\echo While that is open, claude-crm may not start.
\set ON_ERROR_STOP 0
SELECT coord.mark_in_progress(id) FROM coord.intent WHERE feature_name = 'crm_sync';
\set ON_ERROR_STOP 1

\echo
\echo So it gives up; claude-payments and claude-auth agree on an order and review their overlap.
SELECT coord.mark_abandoned(id, 'claude-payments already adds this column')
  FROM coord.intent WHERE feature_name = 'crm_sync';
SELECT conflict_type, reviewed, resolution_notes
  FROM coord.resolve_conflict(1, 'payments applies first, then auth: different columns');
SELECT agent_id, feature_name, status FROM coord.intent ORDER BY created_at;
