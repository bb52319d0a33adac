-- The tables of Confiture's registry, as coordination-architecture.md (4.2 to 4.4) has them, with
-- what an installation that was in use holds.

CREATE TABLE tb_pggit_intent (
    id VARCHAR(64) PRIMARY KEY,
    agent_id VARCHAR(255) NOT NULL,
    feature_name VARCHAR(255) NOT NULL,
    branch_name VARCHAR(255) NOT NULL UNIQUE,
    schema_changes JSONB NOT NULL DEFAULT '[]',
    tables_affected JSONB NOT NULL DEFAULT '[]',
    estimated_duration_ms INTEGER,
    risk_level VARCHAR(50) DEFAULT 'low',
    status VARCHAR(50) NOT NULL DEFAULT 'registered',
    conflicts_with JSONB NOT NULL DEFAULT '[]',
    metadata JSONB NOT NULL DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
CREATE INDEX idx_pggit_intent_agent ON tb_pggit_intent(agent_id);
CREATE INDEX idx_pggit_intent_status ON tb_pggit_intent(status);
CREATE INDEX idx_pggit_intent_tables ON tb_pggit_intent USING GIN(tables_affected);

CREATE TABLE tb_pggit_conflict (
    id SERIAL PRIMARY KEY,
    intent_a VARCHAR(64) NOT NULL REFERENCES tb_pggit_intent(id) ON DELETE CASCADE,
    intent_b VARCHAR(64) NOT NULL REFERENCES tb_pggit_intent(id) ON DELETE CASCADE,
    conflict_type VARCHAR(50) NOT NULL,
    affected_objects JSONB NOT NULL DEFAULT '[]',
    severity VARCHAR(50) NOT NULL,
    resolution_suggestions JSONB NOT NULL DEFAULT '[]',
    reviewed BOOLEAN DEFAULT FALSE,
    reviewed_at TIMESTAMPTZ,
    resolution_notes TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
CREATE INDEX idx_pggit_conflict_intents ON tb_pggit_conflict(intent_a, intent_b);
CREATE INDEX idx_pggit_conflict_severity ON tb_pggit_conflict(severity);

CREATE TABLE tb_pggit_intent_history (
    id SERIAL PRIMARY KEY,
    intent_id VARCHAR(64) NOT NULL REFERENCES tb_pggit_intent(id) ON DELETE CASCADE,
    old_status VARCHAR(50),
    new_status VARCHAR(50) NOT NULL,
    reason TEXT,
    changed_by VARCHAR(255) DEFAULT 'system',
    changed_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
CREATE INDEX idx_pggit_intent_history_id ON tb_pggit_intent_history(intent_id);

INSERT INTO tb_pggit_intent VALUES
-- every status; the first two conflict on users, reviewed; the third on users.stripe_id, open
('00000000-0000-4000-8000-000000000001', 'claude-payments', 'stripe_integration',
 'feature/stripe_integration', '["ALTER TABLE users ADD COLUMN stripe_id TEXT"]', '["users"]',
 10800000, 'medium', 'in_progress', '["00000000-0000-4000-8000-000000000002"]',
 '{"jira": "PAY-123"}', '2026-01-22 10:00:00.123456+00', '2026-01-22 11:00:00+00'),
('00000000-0000-4000-8000-000000000002', 'claude-auth', 'oauth2', 'feature/oauth2',
 '["ALTER TABLE users ADD COLUMN oauth_provider TEXT; CREATE INDEX users_oauth_idx ON users (oauth_provider)"]',
 '["users", "audit"]', 0, 'LOW', 'conflicted', '[]', '{}', '2026-01-22 10:05+00', '2026-01-22 10:06+00'),
('00000000-0000-4000-8000-000000000003', 'claude-billing', 'billing', 'feature/billing_002',
 '["ALTER TABLE users ADD COLUMN stripe_id INTEGER"]', '[]', null, null, 'conflicted', '[]', '{}',
 '2026-01-22 10:10+00', '2026-01-22 10:10+00'),
('00000000-0000-4000-8000-000000000004', 'claude-search', 'search', 'feature/search_001',
 '["CREATE TABLE search_index (id int)"]', '[]', 5, 'high', 'registered', '[]', '{}',
 '2026-01-22 10:20+00', '2026-01-22 10:20+00'),
('00000000-0000-4000-8000-000000000005', 'claude-done', 'done', 'feature/done_001',
 '["CREATE TABLE done (id int)"]', '["done"]', 5, 'low', 'completed', '[]', '{}',
 '2026-01-22 10:30+00', '2026-01-22 10:40+00'),
('00000000-0000-4000-8000-000000000006', 'claude-old', 'merged thing', 'feature/merged_thing_001',
 '["ALTER TABLE users ADD COLUMN merged int"]', '["users"]', 5, 'low', 'merged', '[]', '{}',
 '2025-01-22 10:30+00', '2025-01-23 10:40+00'),
('00000000-0000-4000-8000-000000000007', 'claude-old', 'dropped', 'feature/dropped_001',
 '["DROP TABLE users"]', '["users"]', 5, 'low', 'abandoned', '[]', '{}',
 '2025-01-22 10:31+00', '2025-01-23 10:40+00'),
-- DDL that does not parse, between some that does; an id that is no UUID
('int_abc123', 'claude-typo', 'typo', 'feature/typo_001',
 E'["ALTER TABLE users ADD COLUMN ok int", "ALTER TABLE users\\nADD COLUM broken int", "DROP TABLE; x"]',
 '["users"]', 5, 'low', 'registered', '[]', '{}', '2026-01-23 10:00+00', '2026-01-23 10:00+00'),
('int_empty', 'claude-empty', 'empty', 'feature/empty_001', '[]', '["orders"]',
 -7, 'gigantic', 'registered', '[]', '["a list"]', '2026-01-23 10:01+00', '2026-01-23 10:01+00'),
-- a status that only that site had
('00000000-0000-4000-8000-00000000000a', 'claude-review', 'review', 'feature/review_001',
 '["CREATE TABLE review ()"]', '[]', 5, 'low', 'pending_review', '[]', '{}',
 '2026-01-23 10:02+00', '2026-01-23 10:02+00'),
-- a branch that is taken here
('00000000-0000-4000-8000-00000000000b', 'claude-twice', 'taken', 'feature/taken_001',
 '["CREATE TABLE taken ()"]', '[]', 5, 'low', 'in-progress', '[]', '{}',
 '2026-01-23 10:03+00', '2026-01-23 10:03+00'),
-- nobody's
('00000000-0000-4000-8000-00000000000c', ' ', 'nobody', 'feature/nobody_001',
 '["CREATE TABLE nobody ()"]', '[]', 5, 'low', 'registered', '[]', '{}',
 '2026-01-23 10:04+00', '2026-01-23 10:04+00');

INSERT INTO tb_pggit_conflict VALUES
(41, '00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 'table',
 '["users"]', 'warning', '["Consider sequential application"]', true, '2026-01-22 10:30+00',
 'Payments first', '2026-01-22 10:05+00'),
(42, '00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000001', 'COLUMN',
 '["users.stripe_id"]', 'ERROR', '["Choose different column name"]', false, null, null,
 '2026-01-22 10:10+00'),
-- what only a search with patterns can find
(43, '00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000005', 'table',
 '["exists"]', 'warning', '[]', false, null, null, '2026-01-22 10:30+00'),
-- with one that was abandoned; with one that was merged; with one that is left behind
(44, '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000007', 'table',
 '["users"]', 'warning', '[]', false, null, null, '2026-01-22 10:00+00'),
(45, '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000006', 'table',
 '["users"]', 'warning', '[]', null, null, null, '2026-01-22 10:00+00'),
(46, '00000000-0000-4000-8000-00000000000c', '00000000-0000-4000-8000-000000000006', 'table',
 '["users"]', 'warning', '[]', false, null, null, '2026-01-22 10:00+00');

INSERT INTO tb_pggit_intent_history (intent_id, old_status, new_status, reason, changed_by, changed_at)
VALUES
('00000000-0000-4000-8000-000000000001', null, 'registered', 'registered', 'agent', '2026-01-22 10:00:00.123456+00'),
('00000000-0000-4000-8000-000000000001', 'registered', 'in_progress', 'work began', 'claude-payments', '2026-01-22 11:00+00'),
('00000000-0000-4000-8000-000000000002', null, 'registered', null, null, '2026-01-22 10:05+00'),
('00000000-0000-4000-8000-000000000002', 'registered', 'conflicted', '1 conflict', 'agent', '2026-01-22 10:06+00'),
-- a gap: nobody wrote down how it became conflicted
('00000000-0000-4000-8000-000000000003', null, 'registered', null, 'agent', '2026-01-22 10:10+00'),
('00000000-0000-4000-8000-000000000006', null, 'registered', null, 'agent', '2025-01-22 10:30+00'),
('00000000-0000-4000-8000-000000000006', 'completed', 'merged', null, 'agent', '2025-01-23 10:40+00'),
('00000000-0000-4000-8000-00000000000a', null, 'pending_review', null, 'agent', '2026-01-23 10:02+00'),
('00000000-0000-4000-8000-00000000000c', null, 'registered', null, 'agent', '2026-01-23 10:04+00');
