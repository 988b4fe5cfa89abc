-- The server that connections go through; NULL: none. No foreign key: a server that leads to others cannot be removed,
-- which the panel sees to, and SQLite could not take the column back.
ALTER TABLE servers_servers ADD COLUMN jump_server_id BIGINT NULL;
CREATE INDEX servers_servers_jump ON servers_servers (jump_server_id);

-- down
DROP INDEX servers_servers_jump;
ALTER TABLE servers_servers DROP COLUMN jump_server_id;
