-- Which version of the server recorded an exposure, so that a running experiment can be split by version. '' is "not
-- recorded": rows from before this column, or from a server that does not know it.
alter table experiment_exposures add column app_version text not null default '';

-- Visitors by the version that first exposed them, without bots. Kept equal to a recount of the rows, in the transaction
-- that stores them. `day` is the UTC day of the first exposure.
create table experiment_version_totals (
  test_id text not null,
  app_version text not null,
  day integer not null,
  epoch text not null,
  drawn_variant text not null,
  exposures integer not null,
  converters integer not null,
  primary key (test_id, app_version, day, epoch, drawn_variant)
) strict;

-- From the totals, which equal the rows and are much fewer.
insert into experiment_version_totals (test_id, app_version, day, epoch, drawn_variant, exposures, converters)
select test_id, '', day, epoch, drawn_variant, sum(exposures), sum(converters)
from experiment_totals
where device <> 'bot'
group by test_id, day, epoch, drawn_variant;
