-- Times are microseconds since the epoch. Of a refresh token only the SHA-256 of its id is kept.
CREATE TABLE auth_sessions (
  id TEXT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  refresh_hash TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  authenticated_us BIGINT NOT NULL,
  last_used_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL,
  absolute_us BIGINT NOT NULL,
  remote_address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  revoked_us BIGINT
);
CREATE INDEX auth_sessions_user ON auth_sessions (user_id, last_used_us);
CREATE INDEX auth_sessions_expires ON auth_sessions (expires_us);
CREATE TABLE auth_keys (
  kid TEXT NOT NULL PRIMARY KEY,
  sealed BLOB NOT NULL,
  created_us BIGINT NOT NULL
);

-- down
DROP TABLE auth_keys;
DROP TABLE auth_sessions;
