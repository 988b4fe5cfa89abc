-- Sessions that are and were. Times are microseconds since the epoch; the recordings are files that are named by the id.
CREATE TABLE terminal_sessions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  server_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  user_name TEXT NOT NULL,
  remote_address TEXT NOT NULL,
  started_us INTEGER NOT NULL,
  ended_us INTEGER NULL,
  end_reason TEXT NOT NULL DEFAULT '',
  exit_code INTEGER NULL,
  cols INTEGER NOT NULL,
  term_rows INTEGER NOT NULL,
  output_bytes INTEGER NOT NULL DEFAULT 0,
  is_recorded INTEGER NOT NULL,
  recording_bytes INTEGER NOT NULL DEFAULT 0,
  is_cut INTEGER NOT NULL DEFAULT 0,
  shown_text TEXT NOT NULL DEFAULT ''
);
CREATE INDEX terminal_sessions_user ON terminal_sessions (user_id, id);
CREATE INDEX terminal_sessions_server ON terminal_sessions (server_id, id);
CREATE INDEX terminal_sessions_ended ON terminal_sessions (ended_us);

-- down
DROP TABLE terminal_sessions;
