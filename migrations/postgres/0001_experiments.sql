-- One row per visitor, experiment and variant served. `is_first` marks the visitor's first row of an experiment:
-- only that one counts. `variant` is what was shown, `drawn_variant` what the draw gave under `epoch`.
create table experiment_exposures (
  id bigint generated always as identity primary key,
  user_or_session_id text not null,
  test_id text not null,
  variant text not null,
  drawn_variant text not null,
  epoch text not null,
  device text not null,
  visitor_kind text not null,
  is_first boolean not null,
  converted_at timestamptz,
  recorded_at timestamptz not null default now(),
  constraint experiment_exposures_visitor_test_variant unique (user_or_session_id, test_id, variant)
);

create unique index experiment_exposures_first
  on experiment_exposures (user_or_session_id, test_id)
  where is_first;

-- One row per event. `variant` is the server's truth, `reported_variant` what the client claimed. `counted_as` is
-- decided once, when the row is stored: conversion, repeat, early, stopped or other.
create table experiment_events (
  id bigint generated always as identity primary key,
  user_or_session_id text not null,
  event_name text not null,
  test_id text,
  variant text,
  reported_variant text,
  event_id text,
  value double precision,
  counted_as text not null,
  recorded_at timestamptz not null default now()
);

create unique index experiment_events_event_id
  on experiment_events (user_or_session_id, event_id)
  where event_id is not null;

-- The designed shares in force when visitors were drawn. `epoch` is a fingerprint of the design, so that replicas
-- agree on it without talking.
create table experiment_epochs (
  test_id text not null,
  epoch text not null,
  shares text not null,
  opened_at timestamptz not null,
  primary key (test_id, epoch)
);

-- Kept equal to a recount of the rows above, in the transaction that stores them. `day` is the UTC day of the first
-- exposure.
create table experiment_totals (
  test_id text not null,
  variant text not null,
  drawn_variant text not null,
  epoch text not null,
  day timestamptz not null,
  device text not null,
  visitor_kind text not null,
  exposures bigint not null,
  events bigint not null,
  converters bigint not null,
  primary key (test_id, variant, drawn_variant, epoch, day, device, visitor_kind)
);

-- What happened in each UTC hour, for the history of the rate.
create table experiment_timeline (
  test_id text not null,
  variant text not null,
  hour timestamptz not null,
  exposures bigint not null,
  events bigint not null,
  converters bigint not null,
  primary key (test_id, variant, hour)
);

-- Counts of what deserves attention but does not enter a rate. `test_id` is '' for counts of the whole installation.
create table experiment_signals (
  test_id text not null,
  signal text not null,
  count bigint not null,
  primary key (test_id, signal)
);
