-- Visitors by the label that they were drawn, without bots: what inference reads. `converters` counts each visitor
-- once. Kept equal to a recount of the rows, in the transaction that stores them.
create table experiment_draws (
  test_id text not null,
  epoch text not null,
  drawn_variant text not null,
  exposures integer not null,
  converters integer not null,
  primary key (test_id, epoch, drawn_variant)
) strict;

insert into experiment_draws (test_id, epoch, drawn_variant, exposures, converters)
select test_id, epoch, drawn_variant, count(*), count(converted_at)
from experiment_exposures
where is_first and device <> 'bot'
group by test_id, epoch, drawn_variant;

-- The strongest evidence seen so far, looked at after each visitor. `kind` is `conversion` (of `variant` against
-- `control`) or `sample_ratio` (both ''). `peak` is the natural logarithm of an e-value; `favours` is the variant with
-- more converters than designed at that moment, '' for sample_ratio.
create table experiment_evidence (
  test_id text not null,
  kind text not null,
  control text not null,
  variant text not null,
  peak real not null,
  favours text not null,
  reached_at integer not null,
  primary key (test_id, kind, control, variant)
) strict;

-- The history by drawn label too, so that the interval can be shown as it was at each hour. Without bots.
drop table experiment_timeline;

create table experiment_timeline (
  test_id text not null,
  variant text not null,
  drawn_variant text not null,
  epoch text not null,
  hour integer not null,
  exposures integer not null,
  events integer not null,
  converters integer not null,
  primary key (test_id, variant, drawn_variant, epoch, hour)
) strict;

insert into experiment_timeline (test_id, variant, drawn_variant, epoch, hour, exposures, events, converters)
select test_id, variant, drawn_variant, epoch, hour, sum(exposures), sum(events), sum(converters)
from (
  select test_id, variant, drawn_variant, epoch, recorded_at - recorded_at % 3600000000 as hour,
         1 as exposures, 0 as events, 0 as converters
  from experiment_exposures
  where is_first and device <> 'bot'
  union all
  select x.test_id, x.variant, x.drawn_variant, x.epoch, e.recorded_at - e.recorded_at % 3600000000,
         0, 1, case e.counted_as when 'conversion' then 1 else 0 end
  from experiment_events e
  join experiment_exposures x
    on x.user_or_session_id = e.user_or_session_id and x.test_id = e.test_id and x.is_first
  where e.counted_as in ('conversion', 'repeat') and x.device <> 'bot'
) as happened
group by test_id, variant, drawn_variant, epoch, hour;

insert into experiment_signals (test_id, signal, count)
select test_id, 'bots', count(*)
from experiment_exposures
where is_first and device = 'bot'
group by test_id;
