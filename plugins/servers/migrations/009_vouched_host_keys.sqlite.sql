-- Keys that somebody vouched for before the server showed any, for one address each as pinned ones are. Only where none
-- is trusted there yet does it count.
CREATE TABLE servers_vouched_host_keys (
  server_id BIGINT NOT NULL REFERENCES servers_servers (id) ON DELETE CASCADE,
  host TEXT NOT NULL,
  port BIGINT NOT NULL,
  fingerprint TEXT NOT NULL,
  vouched_by BIGINT NOT NULL,
  vouched_us BIGINT NOT NULL,
  PRIMARY KEY (server_id, host, port)
);

-- down
DROP TABLE servers_vouched_host_keys;
