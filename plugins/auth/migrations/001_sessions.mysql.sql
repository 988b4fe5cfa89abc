-- Times are microseconds since the epoch. Of a refresh token only the SHA-256 of its id is kept.
CREATE TABLE auth_sessions (
  id VARCHAR(32) NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  refresh_hash VARCHAR(64) NOT NULL,
  created_us BIGINT NOT NULL,
  authenticated_us BIGINT NOT NULL,
  last_used_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL,
  absolute_us BIGINT NOT NULL,
  remote_address VARCHAR(64) NOT NULL,
  user_agent VARCHAR(256) NOT NULL,
  revoked_us BIGINT,
  INDEX auth_sessions_user (user_id, last_used_us),
  INDEX auth_sessions_expires (expires_us)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE auth_keys (
  kid VARCHAR(32) NOT NULL PRIMARY KEY,
  sealed VARBINARY(1024) NOT NULL,
  created_us BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- down
DROP TABLE auth_keys;
DROP TABLE auth_sessions;
