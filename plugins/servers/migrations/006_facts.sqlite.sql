-- What a server said of itself when it was connected last. Empty, or NULL: it did not say.
CREATE TABLE servers_facts (
  server_id INTEGER PRIMARY KEY REFERENCES servers_servers (id) ON DELETE CASCADE,
  os TEXT NOT NULL,
  kernel TEXT NOT NULL,
  architecture TEXT NOT NULL,
  cpu_model TEXT NOT NULL,
  cpu_count INTEGER,
  memory_bytes INTEGER,
  booted_us INTEGER,
  collected_us INTEGER NOT NULL
);

-- down
DROP TABLE servers_facts;
