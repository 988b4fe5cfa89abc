-- Groups in groups; NULL: at the top. servers_group_tree has each group with itself and with all that it stands in, so
-- that what is granted on one is found for those below without walking. No foreign key on parent_id: SQLite could not
-- take the column back.
ALTER TABLE servers_groups ADD COLUMN parent_id BIGINT NULL;
CREATE INDEX servers_groups_parent ON servers_groups (parent_id);
CREATE TABLE servers_group_tree (
  ancestor_id BIGINT NOT NULL,
  group_id BIGINT NOT NULL,
  PRIMARY KEY (ancestor_id, group_id),
  INDEX servers_group_tree_group (group_id, ancestor_id),
  FOREIGN KEY (ancestor_id) REFERENCES servers_groups (id) ON DELETE CASCADE,
  FOREIGN KEY (group_id) REFERENCES servers_groups (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO servers_group_tree (ancestor_id, group_id) SELECT id, id FROM servers_groups;

-- down
DROP TABLE servers_group_tree;
DROP INDEX servers_groups_parent ON servers_groups;
ALTER TABLE servers_groups DROP COLUMN parent_id;
