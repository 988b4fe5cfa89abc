-- What a server said of itself when it was connected last. Empty, or NULL: it did not say.
CREATE TABLE servers_facts (
  server_id BIGINT NOT NULL PRIMARY KEY,
  os VARCHAR(255) NOT NULL,
  kernel VARCHAR(255) NOT NULL,
  architecture VARCHAR(255) NOT NULL,
  cpu_model VARCHAR(255) NOT NULL,
  cpu_count BIGINT,
  memory_bytes BIGINT,
  booted_us BIGINT,
  collected_us BIGINT NOT NULL,
  FOREIGN KEY (server_id) REFERENCES servers_servers (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- down
DROP TABLE servers_facts;
