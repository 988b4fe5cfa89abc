-- Groups in groups; NULL: at the top. servers_group_tree has each group with itself and with all that it stands in, so
-- that what is granted on one is found for those below without walking. No foreign key on parent_id: SQLite could not
-- take the column back.
ALTER TABLE servers_groups ADD COLUMN parent_id BIGINT NULL;
CREATE INDEX servers_groups_parent ON servers_groups (parent_id);
CREATE TABLE servers_group_tree (
  ancestor_id BIGINT NOT NULL REFERENCES servers_groups (id) ON DELETE CASCADE,
  group_id BIGINT NOT NULL REFERENCES servers_groups (id) ON DELETE CASCADE,
  PRIMARY KEY (ancestor_id, group_id)
) WITHOUT ROWID;
CREATE INDEX servers_group_tree_group ON servers_group_tree (group_id, ancestor_id);
INSERT INTO servers_group_tree (ancestor_id, group_id) SELECT id, id FROM servers_groups;

-- down
DROP TABLE servers_group_tree;
DROP INDEX servers_groups_parent;
ALTER TABLE servers_groups DROP COLUMN parent_id;
