#include "openapi.h"

#include "openapi_operation.h"
#include "openapi_parts.h"

#include <map>
#include <set>

namespace nexus::api {
namespace {

constexpr const char* kDescription = R"(What the plugins of this panel answer now; it changes with them.

**Envelope.** A success is `{"code", "message", "data"}`, where `code` is the HTTP status; an error is `{"code", "message", "details", "request_id"}`, where
`code` has five digits and its first three say the HTTP status (but 401 carries 4000x). `message` and `details` are for people: in the language of the caller's
profile, else of `Accept-Language`, else zh-CN.

**Requests.** Members of a body that are not described are refused (42201), and so are query parameters that are not described (40000). Times are ISO 8601 in
UTC, sizes are bytes.

**Every operation** answers `HEAD` where it answers `GET`, and `OPTIONS`; another method is refused (40501) with `Allow`. A token that is sent is checked, also where none is
needed.)";

// "GET /api/v1/servers/:id" -> "get_servers_id"
std::string generated_id(const RouteEntry& route) {
  std::string id = lower_method(route.spec.method);
  for (const auto& segment : route.segments) {
    if (segment.text == "api" || segment.text == "v1" || segment.text.empty()) continue;
    id += '_';
    for (const char c : segment.text) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      id += plain ? c : '_';
    }
  }
  return id;
}

class Document {
 public:
  Document(const SchemaStore& schemas, const Texts& texts)
      : schemas_(named_schemas(schemas)), examples_(schemas_, texts) {}

  void add(const RouteEntry& route) {
    auto operation = make_operation(route, examples_);
    operation["operationId"] = unique_id(route.operation);
    add_tags(route, operation);
    if (route.spec.websocket) operation["x-subprotocols"] = route.spec.websocket->subprotocols;
    auto& items = route.spec.websocket ? sockets_ : paths_;
    items[template_of(route)][lower_method(route.spec.method)] = std::move(operation);
  }

  OrderedJson finish(std::string_view title, std::string_view version) && {
    OrderedJson out = {{"openapi", "3.1.0"}, {"info", info(title, version)}};
    out["servers"] = OrderedJson::array({{{"url", "/"}, {"description", "The panel that answered this document"}}});
    out["tags"] = OrderedJson::array();
    for (auto& [name, tag] : tags_) out["tags"].push_back(std::move(tag));
    out["paths"] = OrderedJson::object();
    for (auto& [path, item] : paths_) out["paths"][path] = std::move(item);
    for (auto& [path, item] : sockets_) out["x-websockets"][path] = std::move(item);
    out["components"] = make_components(out, schemas_, examples_);
    return out;
  }

 private:
  static OrderedJson info(std::string_view title, std::string_view version) {
    return {{"title", title},
            {"version", version.empty() ? "0" : version},
            {"description", kDescription},
            {"contact", {{"name", "NexusPanel"}}},
            {"license", {{"name", "Apache License 2.0"}, {"identifier", "Apache-2.0"}}}};
  }

  static std::string template_of(const RouteEntry& route) {
    std::string path;
    for (const auto& segment : route.segments) {
      path += segment.is_parameter ? "/{" + segment.text + "}" : "/" + segment.text;
    }
    return path;
  }

  std::string unique_id(const std::string& id) {
    std::string candidate = id;
    for (int number = 2; !ids_.insert(candidate).second; ++number) candidate = id + "_" + std::to_string(number);
    return candidate;
  }

  // The operation's tags, described by its x-tags, or else in a general way.
  void add_tags(const RouteEntry& route, OrderedJson& operation) {
    const auto described = operation.value("x-tags", OrderedJson::array());
    operation.erase("x-tags");
    for (const auto& name : operation["tags"]) {
      if (!name.is_string()) continue;
      auto& tag = tags_[name.get<std::string>()];
      if (tag.is_null()) tag = {{"name", name}, {"description", "Operations of the plugin " + route.spec.owner}};
      for (const auto& other : described) {
        if (other.is_object() && other.value("name", OrderedJson()) == name) tag = other;
      }
    }
  }

  const OrderedJson schemas_;
  const Examples examples_;
  std::map<std::string, OrderedJson> tags_;
  std::map<std::string, OrderedJson> paths_;
  std::map<std::string, OrderedJson> sockets_;  // WebSocket endpoints: no tool would call them as what they are
  std::set<std::string> ids_;
};

}  // namespace

std::string operation_id(const RouteEntry& route) {
  const auto operation = OrderedJson::parse(route.fragment);
  const auto given = operation.find("operationId");
  const bool has_id = given != operation.end() && given->is_string();
  return has_id ? given->get<std::string>() : generated_id(route);
}

std::string make_openapi(std::string_view title, std::string_view version,
                         const std::vector<std::shared_ptr<const RouteEntry>>& routes, const SchemaStore& schemas,
                         const Texts& texts) {
  Document document(schemas, texts);
  for (const auto& route : routes) document.add(*route);
  return std::move(document).finish(title, version).dump();
}

}  // namespace nexus::api
