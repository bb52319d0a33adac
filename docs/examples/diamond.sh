#!/bin/sh
# Three agents whose plans depend on each other: A changes users, B makes orders refer to it, and C
# builds a table from both. Who goes first?
set -eu

confiture-coord register --agent-id claude-users --feature-name user_enhancements \
    --schema-changes "ALTER TABLE users ADD COLUMN preferences JSONB" \
    --tables-affected users

confiture-coord register --agent-id claude-orders --feature-name order_tracking \
    --schema-changes "ALTER TABLE orders ADD CONSTRAINT fk_users
        FOREIGN KEY (user_id) REFERENCES users(id)" \
    --tables-affected orders,users \
    --metadata '{"depends_on": "user_enhancements"}'

confiture-coord register --agent-id claude-analytics --feature-name user_order_analytics \
    --schema-changes "CREATE TABLE user_order_stats AS
        SELECT u.id, count(o.id) FROM users u JOIN orders o ON u.id = o.user_id GROUP BY u.id" \
    --tables-affected users,orders \
    --metadata '{"depends_on": ["user_enhancements", "order_tracking"]}'

echo "== All three pairs know of each other"
confiture-coord conflicts

echo "== And this is an order that works"
confiture-coord merge-order
