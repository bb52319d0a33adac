-- Which database role may act for which agent.

create table coord.agent_binding (
    agent_id text not null,
    role_oid oid not null,
    role_name name not null,
    bound_by text not null,
    bound_at timestamptz not null,
    constraint agent_binding_pkey primary key (agent_id)
);
comment on table coord.agent_binding is
    'Agents that only one database role (or a reviewer) may act for';
comment on column coord.agent_binding.role_oid is
    'The role itself: another role that takes its name later does not inherit the binding, and '
    'after a restore into another cluster the agent has to be bound again';
