#!/bin/sh
# A conflict that is settled by changing the plan: abandon it, and declare another one.
set -eu

id_of() { python3 -c 'import json, sys; print(json.load(sys.stdin)["intent"]["id"])'; }

confiture-coord register --agent-id claude-a --feature-name feature_a \
    --schema-changes "ALTER TABLE products ADD COLUMN featured BOOLEAN DEFAULT FALSE" \
    --tables-affected products

echo "== B wants the same column, of another type: an error"
b=$(confiture-coord register --agent-id claude-b --feature-name feature_b \
    --schema-changes "ALTER TABLE products ADD COLUMN featured INTEGER" \
    --tables-affected products --format json | id_of)
confiture-coord status --intent-id "$b"

echo "== So it cannot be started"
if confiture-coord start --intent-id "$b"; then exit 1; fi

echo "== B gives it up, and declares another column"
confiture-coord abandon --intent-id "$b" \
    --reason "Column name conflict with feature_a, adjusting scope"
confiture-coord register --agent-id claude-b --feature-name feature_b \
    --schema-changes "ALTER TABLE products ADD COLUMN promoted BOOLEAN DEFAULT FALSE" \
    --tables-affected products

echo "== What is left is a warning: both change products, in ways that do not hurt each other"
confiture-coord conflicts
