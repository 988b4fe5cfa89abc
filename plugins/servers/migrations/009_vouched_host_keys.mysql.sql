-- Keys that somebody vouched for before the server showed any, for one address each as pinned ones are. Only where none
-- is trusted there yet does it count.
CREATE TABLE servers_vouched_host_keys (
  server_id BIGINT NOT NULL,
  host VARCHAR(255) NOT NULL,
  port BIGINT NOT NULL,
  fingerprint VARCHAR(64) NOT NULL,
  vouched_by BIGINT NOT NULL,
  vouched_us BIGINT NOT NULL,
  PRIMARY KEY (server_id, host, port),
  FOREIGN KEY (server_id) REFERENCES servers_servers (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- down
DROP TABLE servers_vouched_host_keys;
