-- Which days of an experiment were changed when, so that whoever remembers the totals reads only what is new. Every
-- transaction that stores rows raises the revision of the whole installation (`test_id` '') by their number and gives it
-- to the days that it changed: of first exposures in the totals, and of what happened in the history.
create table experiment_changed_days (
  test_id text not null,
  day integer not null,
  revision integer not null,
  primary key (test_id, day)
) strict;

create index experiment_changed_days_revision on experiment_changed_days (revision);

insert into experiment_changed_days (test_id, day, revision) values ('', 0, 0);

create index experiment_totals_day on experiment_totals (test_id, day);
create index experiment_timeline_hour on experiment_timeline (test_id, hour);
create index experiment_metric_totals_day on experiment_metric_totals (test_id, day);
