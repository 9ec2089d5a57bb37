-- Experiments of others, of which only repeated looks at sums are known: for seeing what looking often does to an
-- answer. They have nothing to do with the experiments of this installation.
create table replay_sources (
  source text primary key,
  licence text not null,
  imported_at integer not null,
  left_out integer not null,
  series integer not null
) strict;

-- One look at one metric of one variant against its control. `at` is in the unit of the source, such as days.
create table replay_looks (
  source text not null,
  experiment_id text not null,
  variant_id text not null,
  metric_id text not null,
  at real not null,
  control_visitors real not null,
  treatment_visitors real not null,
  control_mean real not null,
  treatment_mean real not null,
  control_variance real not null,
  treatment_variance real not null,
  primary key (source, experiment_id, variant_id, metric_id, at)
) strict;
