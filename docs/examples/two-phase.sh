#!/bin/sh
# One feature in two phases by the same agent: an agent does not conflict with itself, but the order
# of its own plans is known.
set -eu

confiture-coord register --agent-id claude-analytics --feature-name analytics_phase1 \
    --schema-changes "ALTER TABLE events ADD COLUMN session_id UUID;
        ALTER TABLE events ADD COLUMN user_agent TEXT" \
    --tables-affected events --risk-level low

confiture-coord register --agent-id claude-analytics --feature-name analytics_phase2 \
    --schema-changes "CREATE INDEX idx_events_session ON events(session_id);
        CREATE INDEX idx_events_user_agent ON events USING GIN(user_agent gin_trgm_ops)" \
    --tables-affected events --risk-level low \
    --metadata '{"depends_on": "analytics_phase1"}'

confiture-coord conflicts
confiture-coord merge-order
