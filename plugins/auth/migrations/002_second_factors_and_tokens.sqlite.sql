-- Times are microseconds since the epoch. Secrets are sealed; of codes, tokens and one-time secrets only hashes are kept.
CREATE TABLE auth_factors (
  user_id BIGINT NOT NULL PRIMARY KEY,
  sealed BLOB NOT NULL,
  created_us BIGINT NOT NULL,
  enabled_us BIGINT,
  last_step BIGINT NOT NULL
);
CREATE TABLE auth_recovery_codes (
  user_id BIGINT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (user_id, hash)
);
CREATE TABLE auth_one_time (
  hash TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  user_id BIGINT NOT NULL,
  session_id TEXT NOT NULL,
  tries BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL
);
CREATE INDEX auth_one_time_user ON auth_one_time (user_id, kind, created_us);
CREATE INDEX auth_one_time_expires ON auth_one_time (expires_us);
CREATE TABLE auth_api_tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id BIGINT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  prefix TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  allowed_addresses TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  expires_us BIGINT,
  last_used_us BIGINT,
  last_used_address TEXT
);
CREATE INDEX auth_api_tokens_user ON auth_api_tokens (user_id, id);
CREATE INDEX auth_api_tokens_expires ON auth_api_tokens (expires_us);

-- down
DROP TABLE auth_api_tokens;
DROP TABLE auth_one_time;
DROP TABLE auth_recovery_codes;
DROP TABLE auth_factors;
