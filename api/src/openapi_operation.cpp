#include "openapi_operation.h"

#include "openapi_parts.h"

#include <nexus/cpp/status.h>

#include <algorithm>
#include <cstdlib>
#include <map>

namespace nexus::api {
namespace {

constexpr const char* kJson = "application/json";

// Takes a member away and gives it back; null where there is none.
OrderedJson taken(OrderedJson& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  OrderedJson value = std::move(*found);
  object.erase(found);
  return value;
}

std::string text_of(const OrderedJson& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

OrderedJson envelope_schema(int status, const OrderedJson* data) {
  OrderedJson schema = {{"type", "object"}, {"required", {"code", "message"}}};
  schema["properties"]["code"] = {{"type", "integer"}, {"const", status}};
  schema["properties"]["message"] = {{"type", "string"}};
  if (data != nullptr) {
    schema["required"].push_back("data");
    schema["properties"]["data"] = *data;
  }
  return schema;
}

// A success: whatever describes JSON describes the envelope's data.
class Wrapper {
 public:
  Wrapper(int status, std::string message_key, const Examples& examples)
      : status_(status), message_key_(std::move(message_key)), examples_(examples) {}

  void wrap(OrderedJson& media) const {
    const auto schema = taken(media, "schema");
    const auto example = taken(media, "example");
    const auto named = taken(media, "examples");
    media["schema"] = envelope_schema(status_, schema.is_null() ? nullptr : &schema);
    if (named.is_object()) return wrap_all(named, media);
    if (schema.is_null()) return add(nullptr, media);
    if (!example.is_null()) return add(&example, media);
    if (const auto made = examples_.made_of(schema)) add(&*made, media);
  }

 private:
  void add(const OrderedJson* data, OrderedJson& media) const {
    media["example"] = examples_.success(status_, message_key_, data);
  }
  void wrap_all(const OrderedJson& named, OrderedJson& media) const {
    for (const auto& [name, example] : named.items()) {
      media["examples"][name] = example;
      if (!example.contains("value")) continue;
      media["examples"][name]["value"] = examples_.success(status_, message_key_, &example["value"]);
    }
  }

  int status_;
  std::string message_key_;
  const Examples& examples_;
};

void complete_success(const std::string& status, const Examples& examples, OrderedJson& response) {
  const Wrapper wrapper(std::atoi(status.c_str()), text_of(taken(response, "x-message")), examples);
  const bool is_bare = taken(response, "x-envelope") == false;
  if (is_bare || status == "204") return;
  if (!response.contains("content")) response["content"] = {{kJson, OrderedJson::object()}};
  if (response["content"].contains(kJson)) wrapper.wrap(response["content"][kJson]);
}

bool is_status(const std::string& status, char first) { return status.size() == 3 && status[0] == first; }

void complete_response(const RouteEntry& route, const std::string& status, const Examples& examples,
                       OrderedJson& response) {
  if (response.contains("$ref")) return;
  if (!response.contains("description")) response["description"] = status == "default" ? "Error" : "HTTP " + status;
  if (is_status(status, '1')) return;
  add_headers(status, route.spec.rate_class, response);
  if (is_status(status, '2')) return complete_success(status, examples, response);
  const auto codes = taken(response, "x-codes");
  if (is_status(status, '3')) return;
  complete_error(codes.is_array() ? codes.get<std::vector<std::int32_t>>() : usual_codes(status), examples, response);
}

bool has_parameter(const RouteEntry& route) {
  return std::any_of(route.segments.begin(), route.segments.end(), [](auto& segment) { return segment.is_parameter; });
}

// Whether the edge can answer this to a request that a client made by the document would send.
bool answers(const RouteEntry& route, const OrderedJson& operation, std::string_view status) {
  const auto& spec = route.spec;
  if (status == "403") return !spec.permission.empty() || spec.needs_step_up || needs_session(spec);
  if (status == "404") return has_parameter(route);
  if (status == "413" || status == "415" || status == "422") return operation.contains("requestBody");
  if (status == "429") return spec.rate_class != RateClass::none;
  if (status == "507") return spec.method != "GET";
  return true;
}

// What the edge answers where a route needs a recent authentication, beside the usual 403.
OrderedJson step_up_response(const RouteEntry& route, const Examples& examples) {
  OrderedJson out = {{"description", "Not permitted, or a recent authentication is needed"}};
  add_headers("403", route.spec.rate_class, out);
  complete_error({code::kForbidden, code::kStepUpNeeded}, examples, out);
  return out;
}

OrderedJson all_responses(const RouteEntry& route, const OrderedJson& operation, const Examples& examples) {
  // By status, "default" last.
  std::map<std::string, OrderedJson> responses;
  for (const auto& [status, response] : operation["responses"].items()) {
    responses[status] = response;
    complete_response(route, status, examples, responses[status]);
  }
  for (const auto& error : standard_errors()) {
    if (responses.contains(error.status) || !answers(route, operation, error.status)) continue;
    const bool is_step_up = route.spec.needs_step_up && std::string_view(error.status) == "403";
    responses[error.status] = is_step_up ? step_up_response(route, examples) : reference("responses", error.name);
  }
  auto out = OrderedJson::object();
  for (auto& [status, response] : responses) out[status] = std::move(response);
  return out;
}

std::string access_text(const RouteSpec& spec) {
  if (spec.is_public) return "Needs no token.";
  std::string text =
      spec.permission.empty() ? "For everybody who is logged in" : "Needs the permission `" + spec.permission + "`";
  if (needs_session(spec)) {
    text += "; an API token is refused.";
  } else {
    text += spec.permission.empty() ? ", and for every API token." : "; an API token needs it as a scope.";
  }
  if (spec.needs_step_up) text += " Needs a recent authentication: 40302 without one.";
  return text;
}

void add_access(const RouteSpec& spec, OrderedJson& operation) {
  operation["security"] = OrderedJson::array();
  if (!spec.is_public) operation["security"].push_back({{kSessionScheme, OrderedJson::array()}});
  if (!spec.is_public && !needs_session(spec)) operation["security"].push_back({{kTokenScheme, OrderedJson::array()}});
  if (!spec.permission.empty()) operation["x-permission"] = spec.permission;
  if (spec.needs_step_up) operation["x-step-up"] = true;
  const auto description = text_of(taken(operation, "description"));
  operation["description"] = description + (description.empty() ? "" : "\n\n") + access_text(spec);
}

}  // namespace

OrderedJson make_operation(const RouteEntry& route, const Examples& examples) {
  auto operation = OrderedJson::parse(route.fragment);
  if (!operation.contains("tags")) operation["tags"] = OrderedJson::array({route.spec.owner});
  add_access(route.spec, operation);
  operation["responses"] = all_responses(route, operation, examples);
  return operation;
}

std::string lower_method(const std::string& method) {
  std::string out = method;
  for (char& c : out) c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace nexus::api
