-- Times are microseconds since the epoch. *_sealed columns hold what only the panel's master key opens.
CREATE TABLE servers_ssh_keys (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  owner_user_id BIGINT NOT NULL,
  name VARCHAR(128) NOT NULL,
  type VARCHAR(32) NOT NULL,
  fingerprint VARCHAR(64) NOT NULL,
  public_key TEXT NOT NULL,
  private_key_sealed BLOB,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL,
  UNIQUE KEY servers_ssh_keys_name (owner_user_id, name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE servers_servers (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  owner_user_id BIGINT NOT NULL,
  name VARCHAR(128) NOT NULL,
  host VARCHAR(255) NOT NULL,
  port BIGINT NOT NULL,
  ssh_user VARCHAR(64) NOT NULL,
  ssh_key_id BIGINT,
  password_sealed BLOB,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  status VARCHAR(16) NOT NULL,
  os_info VARCHAR(255),
  last_heartbeat_us BIGINT,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL,
  UNIQUE KEY servers_servers_name (owner_user_id, name),
  INDEX servers_servers_created (created_us, id),
  INDEX servers_servers_key (ssh_key_id),
  FOREIGN KEY (ssh_key_id) REFERENCES servers_ssh_keys (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE servers_groups (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  owner_user_id BIGINT NOT NULL,
  name VARCHAR(128) NOT NULL,
  description TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL,
  UNIQUE KEY servers_groups_name (owner_user_id, name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE servers_group_members (
  group_id BIGINT NOT NULL,
  server_id BIGINT NOT NULL,
  PRIMARY KEY (group_id, server_id),
  INDEX servers_group_members_server (server_id),
  FOREIGN KEY (group_id) REFERENCES servers_groups (id) ON DELETE CASCADE,
  FOREIGN KEY (server_id) REFERENCES servers_servers (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
-- Every key that a server has shown. Trusted ones let it pass, pending ones wait for a person, retired ones are history.
CREATE TABLE servers_host_keys (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  server_id BIGINT NOT NULL,
  host VARCHAR(255) NOT NULL,
  port BIGINT NOT NULL,
  type VARCHAR(32) NOT NULL,
  fingerprint VARCHAR(64) NOT NULL,
  public_key TEXT NOT NULL,
  state VARCHAR(16) NOT NULL,
  first_seen_us BIGINT NOT NULL,
  last_seen_us BIGINT NOT NULL,
  decided_us BIGINT,
  decided_by BIGINT,
  UNIQUE KEY servers_host_keys_shown (server_id, host, port, fingerprint),
  FOREIGN KEY (server_id) REFERENCES servers_servers (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- down
DROP TABLE servers_host_keys;
DROP TABLE servers_group_members;
DROP TABLE servers_groups;
DROP TABLE servers_servers;
DROP TABLE servers_ssh_keys;
