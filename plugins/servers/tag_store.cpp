#include "tag_store.h"

#include "visibility.h"

namespace nexus::servers {
namespace {

constexpr std::string_view kSeenTags = "servers_tags t JOIN servers_servers s ON s.id = t.server_id";

}  // namespace

Result<std::vector<TagCount>> TagStore::list(const Scope& scope, std::int64_t limit, std::int64_t offset) const {
  Where where;
  add(where, sees_server(scope));
  where.bind(limit, offset);
  return sql_.all_values(
      [](const Row& row) {
        return TagCount{row.string(0), row.integer(1)};
      },
      "SELECT t.tag, COUNT(*) FROM " + std::string(kSeenTags) + where.text() +
          " GROUP BY t.tag ORDER BY t.tag LIMIT ? OFFSET ?",
      where.args());
}

Result<std::int64_t> TagStore::count(const Scope& scope) const {
  Where where;
  add(where, sees_server(scope));
  return sql_.number_values("SELECT COUNT(DISTINCT t.tag) FROM " + std::string(kSeenTags) + where.text(), where.args());
}

Result<void> TagStore::replace(std::int64_t server_id, const std::vector<std::string>& tags) const {
  NEXUS_TRY(sql_.exec("DELETE FROM servers_tags WHERE server_id = ?", server_id));
  for (const auto& tag : tags) {
    NEXUS_TRY(sql_.exec("INSERT INTO servers_tags (tag, server_id) VALUES (?, ?)", tag, server_id));
  }
  return {};
}

}  // namespace nexus::servers
