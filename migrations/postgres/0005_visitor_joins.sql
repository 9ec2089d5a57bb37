-- The visitor that a signed-in person is on every device. No reference to the account: this part knows of people no more
-- than a number.
create table experiment_account_visitors (
  user_id uuid primary key,
  visitor_id text not null constraint experiment_account_visitors_visitor_id unique,
  joined_at timestamptz not null
);

-- Visitor ids that gave way to a person's own at a sign-in, once for each experiment that they had been exposed to: such
-- a person may count there twice, since what was counted stays.
create table experiment_visitor_joins (
  visitor_id text not null,
  test_id text not null,
  joined_at timestamptz not null,
  primary key (visitor_id, test_id)
);
