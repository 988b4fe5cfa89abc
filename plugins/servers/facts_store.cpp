#include "facts_store.h"

namespace nexus::servers {

Result<void> FactsStore::put(std::int64_t server_id, const ServerFacts& facts) const {
  NEXUS_ASSIGN(auto transaction, sql_.begin());
  NEXUS_TRY(transaction.exec("DELETE FROM servers_facts WHERE server_id = ?", server_id));
  NEXUS_TRY(
      transaction.exec("INSERT INTO servers_facts (server_id, os, kernel, architecture, cpu_model, cpu_count, "
                       "memory_bytes, booted_us, collected_us) SELECT id, ?, ?, ?, ?, ?, ?, ?, ? FROM servers_servers "
                       "WHERE id = ?",
                       facts.os, facts.kernel, facts.architecture, facts.cpu_model, facts.cpu_count, facts.memory_bytes,
                       facts.booted_us, facts.collected_us, server_id));
  return transaction.commit();
}

Result<std::optional<ServerFacts>> FactsStore::find(std::int64_t server_id) const {
  return sql_.first(
      [](const Row& row) {
        return ServerFacts{row.string(0),           row.string(1),           row.string(2),           row.string(3),
                           row.optional_integer(4), row.optional_integer(5), row.optional_integer(6), row.integer(7)};
      },
      "SELECT os, kernel, architecture, cpu_model, cpu_count, memory_bytes, booted_us, collected_us FROM servers_facts "
      "WHERE server_id = ?",
      server_id);
}

}  // namespace nexus::servers
