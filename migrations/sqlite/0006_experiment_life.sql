-- What was changed on the page: stronger than the file until it is exported or reset. `fields` is a JSON object with the
-- changed ones. `test_id` is '' for what belongs to no experiment but to all. `revision` counts the changes.
create table experiment_settings (
  test_id text primary key,
  fields text not null,
  revision integer not null,
  changed_at integer not null,
  changed_by text not null
) strict;

-- Every change, with who, when, before and after; never altered. The largest id tells replicas whether to read again.
-- No reference to the account: the log outlives it.
create table experiment_changes (
  id integer primary key autoincrement,
  changed_at integer not null,
  user_id blob,
  changed_by text not null,
  test_id text not null,
  action text not null,
  before text not null,
  after text not null,
  reason text
) strict;

create index experiment_changes_test on experiment_changes (test_id, id);
