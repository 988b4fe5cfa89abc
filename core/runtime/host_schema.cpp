#include "core/runtime/host_schema.h"

namespace nexus::core {
namespace {

struct Step {
  const char* name;
  const char* sqlite;
  const char* mysql;
  const char* down;
};

constexpr Step kSettings{"settings", "CREATE TABLE host_settings (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL)",
                         "CREATE TABLE host_settings (name VARCHAR(64) NOT NULL PRIMARY KEY, value BLOB NOT NULL)",
                         "DROP TABLE host_settings"};

// Append-only also for whoever has only SQL: what the panel prunes is behind the start that it sets first. MariaDB has
// no such triggers, because with a binary log they need a privilege that a panel's account should not have.
constexpr Step kAudit{"audit",
                      R"(
CREATE TABLE host_audit (
  sequence INTEGER NOT NULL PRIMARY KEY,
  time_us INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  status INTEGER NOT NULL,
  code INTEGER NOT NULL,
  user_name TEXT NOT NULL,
  session_id TEXT NOT NULL,
  token_id TEXT NOT NULL,
  plugin TEXT NOT NULL,
  action TEXT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  target TEXT NOT NULL,
  remote_address TEXT NOT NULL,
  request_id TEXT NOT NULL,
  result TEXT NOT NULL,
  details TEXT NOT NULL,
  hash BLOB NOT NULL
);
CREATE INDEX host_audit_time ON host_audit (time_us);
CREATE INDEX host_audit_user ON host_audit (user_id);
CREATE INDEX host_audit_plugin ON host_audit (plugin);
CREATE INDEX host_audit_action ON host_audit (action);
CREATE INDEX host_audit_result ON host_audit (result);
CREATE INDEX host_audit_target ON host_audit (target);
CREATE INDEX host_audit_address ON host_audit (remote_address);
CREATE INDEX host_audit_request ON host_audit (request_id);
CREATE TABLE host_audit_head (
  id INTEGER NOT NULL PRIMARY KEY,
  sequence INTEGER NOT NULL,
  hash BLOB NOT NULL,
  before_sequence INTEGER NOT NULL,
  before_hash BLOB NOT NULL,
  before_seal BLOB NOT NULL
);
INSERT INTO host_audit_head (id, sequence, hash, before_sequence, before_hash, before_seal) VALUES (1, 0, X'', 0, X'', X'');
CREATE TRIGGER host_audit_no_update BEFORE UPDATE ON host_audit
BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
CREATE TRIGGER host_audit_no_delete BEFORE DELETE ON host_audit
WHEN old.sequence > (SELECT before_sequence FROM host_audit_head WHERE id = 1)
BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
)",
                      R"(
CREATE TABLE host_audit (
  sequence BIGINT NOT NULL PRIMARY KEY,
  time_us BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  status BIGINT NOT NULL,
  code BIGINT NOT NULL,
  user_name VARCHAR(256) NOT NULL,
  session_id VARCHAR(64) NOT NULL,
  token_id VARCHAR(64) NOT NULL,
  plugin VARCHAR(64) NOT NULL,
  action VARCHAR(64) NOT NULL,
  method VARCHAR(16) NOT NULL,
  path VARCHAR(1024) NOT NULL,
  target VARCHAR(256) NOT NULL,
  remote_address VARCHAR(64) NOT NULL,
  request_id VARCHAR(64) NOT NULL,
  result VARCHAR(16) NOT NULL,
  details TEXT NOT NULL,
  hash VARBINARY(64) NOT NULL,
  INDEX host_audit_time (time_us),
  INDEX host_audit_user (user_id),
  INDEX host_audit_plugin (plugin),
  INDEX host_audit_action (action),
  INDEX host_audit_result (result),
  INDEX host_audit_target (target),
  INDEX host_audit_address (remote_address),
  INDEX host_audit_request (request_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE host_audit_head (
  id BIGINT NOT NULL PRIMARY KEY,
  sequence BIGINT NOT NULL,
  hash VARBINARY(64) NOT NULL,
  before_sequence BIGINT NOT NULL,
  before_hash VARBINARY(64) NOT NULL,
  before_seal VARBINARY(64) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO host_audit_head (id, sequence, hash, before_sequence, before_hash, before_seal) VALUES (1, 0, X'', 0, X'', X'');
)",
                      "DROP TABLE host_audit; DROP TABLE host_audit_head"};

}  // namespace

std::vector<storage::Migration> host_schema(storage::Dialect dialect) {
  std::vector<storage::Migration> steps;
  for (const auto& step : {kSettings, kAudit}) {
    const auto* up = dialect == storage::Dialect::mysql ? step.mysql : step.sqlite;
    steps.push_back({static_cast<std::uint32_t>(steps.size() + 1), step.name, up, step.down});
  }
  return steps;
}

}  // namespace nexus::core
