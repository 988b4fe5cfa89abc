#include "core/audit/routes.h"

#include "core/audit/format.h"
#include "core/audit/openapi.h"
#include "core/audit/store.h"

#include <nexus/api/server.h>
#include <nexus/cpp/page.h>

#include <charconv>

namespace nexus::core::audit {
namespace {

using api::Exchange;
using Answer = Result<api::Response> (*)(storage::Database&, const Exchange&);

constexpr const char* kPermission = "host.audit";
// Of one answer; whoever wants more follows the link. The second bound holds where entries are large.
constexpr std::int64_t kMostExported = 10'000;
constexpr std::size_t kMostBytes = 8 * 1024 * 1024;
constexpr std::int64_t kExportedAtOnce = 1000;

std::int64_t number(const Exchange& exchange, const char* name, std::int64_t otherwise) {
  const auto text = exchange.query(name);
  if (!text) return otherwise;
  std::int64_t value = otherwise;
  std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

Result<api::Response> list(storage::Database& database, const Exchange& exchange) {
  const Page page{number(exchange, "page", 1), number(exchange, "per_page", Page::kDefaultSize)};
  const auto filter = Filter::from(exchange);
  const ReadingStore store(database, exchange.deadline());
  NEXUS_ASSIGN(const auto total, store.count(filter));
  NEXUS_ASSIGN(const auto found, store.list(filter, page.size, page.offset()));
  Json entries = Json::array();
  for (const auto& stored : found) entries.push_back(to_json(stored));
  api::Response response;
  response.data_json = dump({{"entries", std::move(entries)}, {"pagination", page.pagination(total)}});
  return response;
}

// One answer of an export: entries behind `after`, until one of the bounds.
struct Part {
  std::string text;
  std::int64_t count = 0;
  std::int64_t last = 0;
  bool is_all = true;

  bool is_full() const noexcept { return count == kMostExported || text.size() >= kMostBytes; }
};

// Adds entries until the part is full; false where it did not take all of them.
bool add(Part& part, Format format, const std::vector<StoredEntry>& found) {
  for (const auto& stored : found) {
    if (part.is_full()) return false;
    part.text += line_of(format, stored);
    part.last = stored.mark.sequence;
    ++part.count;
  }
  return true;
}

Result<Part> read_part(const ReadingStore& store, const Filter& filter, Format format, std::int64_t after) {
  Part part{heading(format), 0, after, true};
  for (;;) {
    NEXUS_ASSIGN(const auto found, store.list_after(filter, part.last, kExportedAtOnce));
    part.is_all = add(part, format, found);
    if (!part.is_all || found.size() < static_cast<std::size_t>(kExportedAtOnce)) return part;
  }
}

api::Response to_response(const Exchange& exchange, Format format, Part part) {
  const bool is_csv = format == Format::csv;
  const std::string name = is_csv ? "csv" : "jsonl";
  api::Response response;
  response.content_type = is_csv ? "text/csv; charset=utf-8; header=present" : "application/jsonl";
  response.body = std::move(part.text);
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"audit." + name + "\"");
  if (!part.is_all) {
    response.headers.emplace_back("Link", "</api/v1/audit/export?format=" + name + query_of(exchange) +
                                              "&after=" + std::to_string(part.last) + ">; rel=\"next\"");
  }
  const Json details{{"format", name}, {"entries", part.count}, {"last", part.last}};
  response.audit_target = "audit";
  response.audit_details = dump(details);
  return response;
}

Result<api::Response> export_entries(storage::Database& database, const Exchange& exchange) {
  const auto format = exchange.query("format") == "csv" ? Format::csv : Format::jsonl;
  const ReadingStore store(database, exchange.deadline());
  NEXUS_ASSIGN(auto part, read_part(store, Filter::from(exchange), format, number(exchange, "after", 0)));
  return to_response(exchange, format, std::move(part));
}

api::RouteSpec route(storage::Database& database, const char* pattern, std::string openapi, Answer answer) {
  api::RouteSpec spec;
  spec.owner = "host";
  spec.method = "GET";
  spec.pattern = pattern;
  spec.permission = kPermission;
  spec.openapi_json = std::move(openapi);
  spec.handler = [&database, answer](const std::shared_ptr<Exchange>& exchange) {
    auto response = answer(database, *exchange);
    exchange->respond(response.ok() ? std::move(response).value() : api::Response::from(response.error()));
  };
  return spec;
}

}  // namespace

Result<void> add_routes(api::Server& server, storage::Database& database) {
  NEXUS_TRY(server.add_schemas("host", openapi::kSchemas));
  NEXUS_TRY(server.add_route(route(database, "/api/v1/audit", openapi::list_operation(), list)));
  auto exporting = route(database, "/api/v1/audit/export", openapi::export_operation(), export_entries);
  exporting.is_audited = true;
  return server.add_route(std::move(exporting));
}

}  // namespace nexus::core::audit
