import psycopg

from confiture_coord import IntentRegistry

connection = psycopg.connect()
registry = IntentRegistry(connection)
[payments] = registry.list_intents(agent_id="claude-payments")
print(registry.mark_in_progress(payments.id, reason="starting").status)
print(registry.mark_completed(payments.id, reason="migration written and tested").status)
print(registry.mark_merged(payments.id, reason="applied to production").status)
for change in registry.history(payments.id):
    print(f"{change.event:<12} {change.new_status:<12} {change.reason}")
connection.close()
