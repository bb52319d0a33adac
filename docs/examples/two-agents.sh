#!/bin/sh
# Two agents, one table: the second one learns of the first at once, and they agree on an order.
set -eu

id_of() { python3 -c 'import json, sys; print(json.load(sys.stdin)["intent"]["id"])'; }

echo "== Payments registers first"
confiture-coord register --agent-id claude-payments --feature-name stripe_integration \
    --schema-changes "ALTER TABLE users ADD COLUMN stripe_customer_id TEXT" \
    --tables-affected users --risk-level medium

echo "== Auth registers second, and is warned"
auth=$(confiture-coord register --agent-id claude-auth --feature-name oauth2_provider \
    --schema-changes "ALTER TABLE users ADD COLUMN oauth_provider_id TEXT" \
    --tables-affected users --risk-level medium --format json | id_of)
confiture-coord status --intent-id "$auth"

echo "== They talk, and write down what they agreed on"
conflict=$(confiture-coord conflicts --intent-id "$auth" --format json | python3 -c '
import json, sys
print(json.load(sys.stdin)["conflicted_intents"][0]["conflicts"][0]["id"])')
confiture-coord resolve --conflict-id "$conflict" --reviewed-by claude-auth \
    --notes "Coordinated: Payments applies first, then Auth. No column name conflicts."

echo "== Nothing is open any more"
confiture-coord conflicts
confiture-coord start --intent-id "$auth"
confiture-coord list-intents
