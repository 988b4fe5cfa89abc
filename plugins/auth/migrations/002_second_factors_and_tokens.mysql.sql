-- Times are microseconds since the epoch. Secrets are sealed; of codes, tokens and one-time secrets only hashes are kept.
CREATE TABLE auth_factors (
  user_id BIGINT NOT NULL PRIMARY KEY,
  sealed VARBINARY(1024) NOT NULL,
  created_us BIGINT NOT NULL,
  enabled_us BIGINT,
  last_step BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE auth_recovery_codes (
  user_id BIGINT NOT NULL,
  hash VARCHAR(64) NOT NULL,
  PRIMARY KEY (user_id, hash)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE auth_one_time (
  hash VARCHAR(64) NOT NULL PRIMARY KEY,
  kind VARCHAR(16) NOT NULL,
  user_id BIGINT NOT NULL,
  session_id VARCHAR(32) NOT NULL,
  tries BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL,
  INDEX auth_one_time_user (user_id, kind, created_us),
  INDEX auth_one_time_expires (expires_us)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE auth_api_tokens (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id BIGINT NOT NULL,
  hash VARCHAR(64) NOT NULL UNIQUE,
  prefix VARCHAR(16) NOT NULL,
  name VARCHAR(64) NOT NULL,
  scopes TEXT NOT NULL,
  allowed_addresses TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  expires_us BIGINT,
  last_used_us BIGINT,
  last_used_address VARCHAR(64),
  INDEX auth_api_tokens_user (user_id, id),
  INDEX auth_api_tokens_expires (expires_us)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- down
DROP TABLE auth_api_tokens;
DROP TABLE auth_one_time;
DROP TABLE auth_recovery_codes;
DROP TABLE auth_factors;
