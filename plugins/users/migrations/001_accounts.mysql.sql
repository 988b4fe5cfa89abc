-- Times are microseconds since the epoch. The *_key columns hold the folded form in which a name must be unique.
CREATE TABLE users_accounts (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  username VARCHAR(64) NOT NULL,
  username_key VARCHAR(64) NOT NULL UNIQUE,
  email VARCHAR(254) NOT NULL,
  email_key VARCHAR(254) NOT NULL UNIQUE,
  password_hash VARCHAR(255) NOT NULL,
  avatar VARCHAR(2048),
  role VARCHAR(16) NOT NULL,
  status VARCHAR(16) NOT NULL,
  language VARCHAR(16) NOT NULL,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL,
  last_login_us BIGINT,
  password_changed_us BIGINT NOT NULL,
  INDEX users_accounts_created (created_us, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- down
DROP TABLE users_accounts;
