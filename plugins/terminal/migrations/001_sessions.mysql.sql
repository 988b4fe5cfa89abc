-- Sessions that are and were. Times are microseconds since the epoch; the recordings are files that are named by the id.
-- Searching in what was shown looks past upper and lower case, as SQLite does.
CREATE TABLE terminal_sessions (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  server_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  user_name VARCHAR(255) NOT NULL,
  remote_address VARCHAR(64) NOT NULL,
  started_us BIGINT NOT NULL,
  ended_us BIGINT NULL,
  end_reason VARCHAR(16) NOT NULL,
  exit_code BIGINT NULL,
  cols BIGINT NOT NULL,
  term_rows BIGINT NOT NULL,
  output_bytes BIGINT NOT NULL DEFAULT 0,
  is_recorded BIGINT NOT NULL,
  recording_bytes BIGINT NOT NULL DEFAULT 0,
  is_cut BIGINT NOT NULL DEFAULT 0,
  shown_text MEDIUMTEXT COLLATE utf8mb4_unicode_ci NOT NULL,
  KEY terminal_sessions_user (user_id, id),
  KEY terminal_sessions_server (server_id, id),
  KEY terminal_sessions_ended (ended_us)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- down
DROP TABLE terminal_sessions;
