\echo Nothing of it can be rewritten, not even by the superuser ...
\set ON_ERROR_STOP 0
DELETE FROM coord.intent_history;
\set ON_ERROR_STOP 1

\echo
\echo ... and a chain of hashes proves that nothing was. This lists what does not fit:
SELECT * FROM coord.verify_history();
