-- People with an account. `username_key` and `email_key` are the lower-case forms that must be unique, so that the
-- rule does not hang on a collation.
create table users (
  id blob primary key,
  username text not null,
  username_key text not null constraint users_username_key unique,
  email text not null,
  email_key text not null constraint users_email_key unique,
  password_hash text not null,
  password_changed_at integer not null,
  role text not null,
  status text not null,
  company_name text,
  created_at integer not null,
  updated_at integer not null,
  last_login_at integer
) strict;

-- One row per sign-in. A token is good only while its row is here, not ended and not expired.
create table sessions (
  id blob primary key,
  user_id blob not null references users (id) on delete cascade,
  created_at integer not null,
  expires_at integer not null,
  ended_at integer
) strict;

create index sessions_user on sessions (user_id);
