-- People with an account. `username_key` and `email_key` are the lower-case forms that must be unique, so that the
-- rule does not hang on a collation.
create table users (
  id uuid primary key,
  username text not null,
  username_key text not null constraint users_username_key unique,
  email text not null,
  email_key text not null constraint users_email_key unique,
  password_hash text not null,
  password_changed_at timestamptz not null,
  role text not null,
  status text not null,
  company_name text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  last_login_at timestamptz
);

-- One row per sign-in. A token is good only while its row is here, not ended and not expired.
create table sessions (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);

create index sessions_user on sessions (user_id);
