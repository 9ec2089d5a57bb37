-- Experiments of others, of which only repeated looks at sums are known: for seeing what looking often does to an
-- answer. They have nothing to do with the experiments of this installation.
create table replay_sources (
  source text primary key,
  licence text not null,
  imported_at timestamptz not null,
  left_out bigint not null,
  series bigint not null
);

-- One look at one metric of one variant against its control. `at` is in the unit of the source, such as days.
create table replay_looks (
  source text not null,
  experiment_id text not null,
  variant_id text not null,
  metric_id text not null,
  at double precision not null,
  control_visitors double precision not null,
  treatment_visitors double precision not null,
  control_mean double precision not null,
  treatment_mean double precision not null,
  control_variance double precision not null,
  treatment_variance double precision not null,
  primary key (source, experiment_id, variant_id, metric_id, at)
);
