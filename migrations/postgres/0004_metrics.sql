-- Metrics that are counted, by the fingerprint of what they count. `counted_from` is set when visitors had been exposed
-- before the metric was there: only those first exposed from then on count. Null: all do.
create table experiment_metrics (
  test_id text not null,
  metric text not null,
  counted_from timestamptz,
  primary key (test_id, metric)
);

-- The count or the sum of values of one visitor, before the cap. No row: no such event.
create table experiment_metric_amounts (
  user_or_session_id text not null,
  test_id text not null,
  metric text not null,
  amount double precision not null,
  primary key (user_or_session_id, test_id, metric)
);

-- Sums over visitors, without bots, by the drawn label and the UTC day of the first exposure. `converters` are visitors
-- with at least one such event; the sums are of capped amounts and their squares. Kept equal to a recount of the rows,
-- in the transaction that stores them.
create table experiment_metric_totals (
  test_id text not null,
  metric text not null,
  epoch text not null,
  drawn_variant text not null,
  day timestamptz not null,
  converters bigint not null,
  total double precision not null,
  total_of_squares double precision not null,
  primary key (test_id, metric, epoch, drawn_variant, day)
);
