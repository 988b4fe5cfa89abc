-- Times are microseconds since the epoch. The *_key columns hold the folded form in which a name must be unique.
CREATE TABLE users_accounts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  username TEXT NOT NULL,
  username_key TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  avatar TEXT,
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  language TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL,
  last_login_us BIGINT,
  password_changed_us BIGINT NOT NULL
);
CREATE INDEX users_accounts_created ON users_accounts (created_us, id);

-- down
DROP TABLE users_accounts;
