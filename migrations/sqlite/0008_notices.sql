-- What administrators are told of: a test decided, its sample ratio broke, a guardrail got worse. `subject` is the variant
-- or the guardrail, '' for neither. Each once, however many processes see it. `attempts` and `next_attempt_at` are of the
-- webhook: whoever counts an attempt up is the one who makes it.
create table experiment_notices (
  id integer primary key autoincrement,
  test_id text not null,
  kind text not null,
  subject text not null,
  decision text not null,
  sentence text not null,
  created_at integer not null,
  read_at integer,
  delivered_at integer,
  attempts integer not null,
  next_attempt_at integer not null,
  constraint experiment_notices_once unique (test_id, kind, subject, decision)
) strict;

create index experiment_notices_undelivered on experiment_notices (next_attempt_at) where delivered_at is null;
