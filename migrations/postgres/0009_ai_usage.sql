-- What AI calls used, collected from the gateway, which has no database of its own.

-- The counters of each gateway process as they were last seen: what came since is the difference. `counters` is JSON.
create table ai_gateway_instances (
  instance text primary key,
  uptime_ms bigint not null,
  collected_at timestamptz not null,
  counters text not null
);

-- The calls of each kind by the UTC hour in which they were collected. Tokens are those that the provider reported;
-- `estimated_tokens` are of answers that were cut before. `duration_counts` is a JSON array of calls by class of duration.
create table ai_usage_hours (
  hour timestamptz not null,
  task text not null,
  model text not null,
  workspace text not null,
  caller text not null,
  status bigint not null,
  outcome text not null,
  calls bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cache_read_tokens bigint not null,
  cache_write_tokens bigint not null,
  estimated_tokens bigint not null,
  cost_micros bigint not null,
  calls_without_price bigint not null,
  duration_micros bigint not null,
  duration_counts text not null,
  primary key (hour, task, model, workspace, caller, status, outcome)
);
