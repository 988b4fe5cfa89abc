-- What a user may do with the servers of a group that is not his: 1 view, 2 operate, 3 shell, 4 manage.
CREATE TABLE servers_grants (
  group_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  level BIGINT NOT NULL CHECK (level BETWEEN 1 AND 4),
  granted_by BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (group_id, user_id),
  INDEX servers_grants_user (user_id),
  FOREIGN KEY (group_id) REFERENCES servers_groups (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- down
DROP TABLE servers_grants;
