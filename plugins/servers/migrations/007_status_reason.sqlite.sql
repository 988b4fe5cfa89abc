-- Why the status is offline or unknown, in a word: what an attempt failed with, or one of status_reason.h. NULL: online.
ALTER TABLE servers_servers ADD COLUMN status_reason TEXT NULL;
UPDATE servers_servers
SET status = 'unknown',
    status_reason = CASE WHEN last_heartbeat_us IS NULL THEN 'never_connected' ELSE 'panel_restarted' END;

-- down
ALTER TABLE servers_servers DROP COLUMN status_reason;
