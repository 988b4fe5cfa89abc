-- The tags of servers_servers.tags, one a row, so that lists are filtered and counted by them.
CREATE TABLE servers_tags (
  tag TEXT NOT NULL,
  server_id BIGINT NOT NULL REFERENCES servers_servers (id) ON DELETE CASCADE,
  PRIMARY KEY (tag, server_id)
) WITHOUT ROWID;
CREATE INDEX servers_tags_server ON servers_tags (server_id);
INSERT INTO servers_tags (tag, server_id)
WITH RECURSIVE parts (server_id, tag, rest) AS (
  SELECT id, '', tags || char(10) FROM servers_servers WHERE tags <> ''
  UNION ALL
  SELECT server_id, substr(rest, 1, instr(rest, char(10)) - 1), substr(rest, instr(rest, char(10)) + 1)
  FROM parts WHERE rest <> '')
SELECT DISTINCT tag, server_id FROM parts WHERE tag <> '';

-- down
DROP TABLE servers_tags;
