-- What a user may do with the servers of a group that is not his: 1 view, 2 operate, 3 shell, 4 manage.
CREATE TABLE servers_grants (
  group_id BIGINT NOT NULL REFERENCES servers_groups (id) ON DELETE CASCADE,
  user_id BIGINT NOT NULL,
  level BIGINT NOT NULL CHECK (level BETWEEN 1 AND 4),
  granted_by BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX servers_grants_user ON servers_grants (user_id);

-- down
DROP TABLE servers_grants;
