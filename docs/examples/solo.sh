#!/bin/sh
# One agent, nobody in the way: check, declare, work, merge.
# The database is the one that DATABASE_URL (or PGHOST, PGDATABASE …) names.
set -eu

plan="CREATE TABLE widgets (id UUID PRIMARY KEY)"

# 1. Would it conflict with what others have declared? (Exit status 1 if so, and we stop here.)
confiture-coord check --agent-id claude-solo --feature-name new_feature --schema-changes "$plan"

# 2. Declare it, and keep its id.
intent=$(confiture-coord register --agent-id claude-solo --feature-name new_feature \
    --schema-changes "$plan" --format json |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["intent"]["id"])')

# 3. Work on it, and say so.
confiture-coord start --intent-id "$intent" --changed-by claude-solo
confiture-coord complete --intent-id "$intent" --reason "migration written and tested"
confiture-coord mark-merged --intent-id "$intent"

# 4. What happened is on record.
confiture-coord history --intent-id "$intent"
