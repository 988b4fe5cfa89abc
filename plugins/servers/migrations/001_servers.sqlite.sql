-- Times are microseconds since the epoch. *_sealed columns hold what only the panel's master key opens.
CREATE TABLE servers_ssh_keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner_user_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  public_key TEXT NOT NULL,
  private_key_sealed BLOB,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL,
  UNIQUE (owner_user_id, name)
);
CREATE TABLE servers_servers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner_user_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  host TEXT NOT NULL,
  port BIGINT NOT NULL,
  ssh_user TEXT NOT NULL,
  ssh_key_id BIGINT REFERENCES servers_ssh_keys (id),
  password_sealed BLOB,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  status TEXT NOT NULL,
  os_info TEXT,
  last_heartbeat_us BIGINT,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL,
  UNIQUE (owner_user_id, name)
);
CREATE INDEX servers_servers_created ON servers_servers (created_us, id);
CREATE INDEX servers_servers_key ON servers_servers (ssh_key_id);
CREATE TABLE servers_groups (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner_user_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL,
  UNIQUE (owner_user_id, name)
);
CREATE TABLE servers_group_members (
  group_id BIGINT NOT NULL REFERENCES servers_groups (id) ON DELETE CASCADE,
  server_id BIGINT NOT NULL REFERENCES servers_servers (id) ON DELETE CASCADE,
  PRIMARY KEY (group_id, server_id)
);
CREATE INDEX servers_group_members_server ON servers_group_members (server_id);
-- Every key that a server has shown. Trusted ones let it pass, pending ones wait for a person, retired ones are history.
CREATE TABLE servers_host_keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  server_id BIGINT NOT NULL REFERENCES servers_servers (id) ON DELETE CASCADE,
  host TEXT NOT NULL,
  port BIGINT NOT NULL,
  type TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  public_key TEXT NOT NULL,
  state TEXT NOT NULL,
  first_seen_us BIGINT NOT NULL,
  last_seen_us BIGINT NOT NULL,
  decided_us BIGINT,
  decided_by BIGINT,
  UNIQUE (server_id, host, port, fingerprint)
);

-- down
DROP TABLE servers_host_keys;
DROP TABLE servers_group_members;
DROP TABLE servers_groups;
DROP TABLE servers_servers;
DROP TABLE servers_ssh_keys;
