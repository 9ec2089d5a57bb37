-- Since when an experiment is archived, as far as somebody looked who removes what is too old; null while it is not.
alter table experiment_settings add column archived_at timestamptz;

-- Set once the records of an archived experiment's visitors are removed since they became too old (EVENT_RETENTION_DAYS):
-- its totals are then all there is, so a recount leaves them alone and it stays archived.
alter table experiment_settings add column retired_at timestamptz;
