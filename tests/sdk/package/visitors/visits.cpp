#include "visits.h"

#include <nexus/cpp/db.h>
#include <nexus/cpp/host.h>

#include <string>

nexus::Result<nexus::Response> add_visit(nexus::Request& request) {
  const nexus::Sql sql(request.call());
  NEXUS_TRY(sql.exec("INSERT INTO visitors_visits (path) VALUES (?)", std::string(request.path())));
  NEXUS_ASSIGN(const auto visits,
               sql.first([](const nexus::Row& row) { return row.integer(0); }, "SELECT count(*) FROM visitors_visits"));
  NEXUS_ASSIGN(const auto settings, request.call().host().config_section());
  return nexus::Response::created(
      R"({"visits":)" + std::to_string(visits.value_or(0)) + R"(,"settings":)" + std::string(settings) + '}',
      "visitors.welcome");
}
