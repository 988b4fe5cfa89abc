#include "body_schema.h"

#include "expression.h"
#include "formats.h"
#include "schema_keywords.h"
#include "text.h"
#include "validation_report.h"

// Without it a schema that valijson does not understand ends the process.
#define VALIJSON_USE_EXCEPTIONS 1
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <map>
#include <set>

namespace nexus::api {
namespace {

using nlohmann::json;
using valijson::adapters::Adapter;
using valijson::adapters::NlohmannJsonAdapter;
using Context = std::vector<std::string>;
using Results = valijson::ValidationResults;

// More raw errors than answers ever show, as several can stand for one; a large body cannot make more.
constexpr std::size_t kMaxRawErrors = 8 * kMaxFieldErrors;

struct EnoughErrors {};

// What valijson needs of each constraint of our own; Derived has `bool check(target, context, results) const`.
template <class Derived>
class OwnConstraint : public valijson::constraints::PolyConstraint {
 public:
  bool validate(const Adapter& target, const Context& context, Results* results) const override {
    return static_cast<const Derived*>(this)->check(target, context, results);
  }

 protected:
  static bool fail(const Context& context, Results* results, const char* rule, const std::string& value = {}) {
    if (results != nullptr) results->pushError(context, own_description(rule, value));
    return false;
  }

 private:
  valijson::constraints::Constraint* cloneInto(void* memory) const override {
    return new (memory) Derived(*static_cast<const Derived*>(this));
  }
  std::size_t sizeOf() const override { return sizeof(Derived); }
};

class Budget : public OwnConstraint<Budget> {
 public:
  explicit Budget(const Adapter&) {}
  bool check(const Adapter&, const Context&, Results* results) const {
    if (results != nullptr && results->numErrors() > kMaxRawErrors) throw EnoughErrors();
    return true;
  }
};

class Closed : public OwnConstraint<Closed> {
 public:
  explicit Closed(const Adapter& names) {
    names.applyToArray([this](const Adapter& name) { return names_.insert(name.asString()).second; });
  }
  bool check(const Adapter& target, const Context& context, Results* results) const {
    if (!target.isObject()) return true;
    bool closed = true;
    std::size_t reported = 0;
    target.applyToObject([&](const std::string& name, const Adapter&) {
      if (names_.contains(name)) return true;
      closed = false;
      if (results != nullptr && ++reported <= kMaxFieldErrors) fail(context, results, "additionalProperties", name);
      return results != nullptr;
    });
    return closed;
  }

 private:
  std::set<std::string> names_;
};

class Format : public OwnConstraint<Format> {
 public:
  explicit Format(const Adapter& name) : name_(name.asString()), check_(find_format(name_)) {}
  bool check(const Adapter& target, const Context& context, Results* results) const {
    return !target.isString() || check_(target.asString()) || fail(context, results, "format", name_);
  }

 private:
  std::string name_;
  FormatCheck check_;
};

class Pattern : public OwnConstraint<Pattern> {
 public:
  explicit Pattern(const Adapter& parts) {
    parts.applyToObject([this](const std::string& name, const Adapter& value) {
      if (name == "limit")
        limit_ = static_cast<std::size_t>(value.asInteger());
      else
        pattern_ = Expression::compile(value.asString());
      return true;
    });
  }
  // What is too long fails by its maxLength; the expression never sees it.
  bool check(const Adapter& target, const Context& context, Results* results) const {
    if (!target.isString()) return true;
    const std::string text = target.asString();
    if (code_points(text) > limit_) return false;
    return pattern_->matches(text) || fail(context, results, "pattern");
  }

 private:
  std::size_t limit_ = 0;
  std::optional<Expression> pattern_;
};

// Equal texts for equal values, as JSON Schema sees them (1 and 1.0 are equal, the order of members is nothing).
std::string canonical(const Adapter& value) {
  if (value.isString()) {
    std::string text;
    append_json_string(text, value.asString());
    return text;
  }
  if (value.isArray()) {
    std::string text = "[";
    value.applyToArray([&](const Adapter& item) { return text += canonical(item) + ",", true; });
    return text + "]";
  }
  if (value.isObject()) {
    std::map<std::string, std::string> members;
    value.applyToObject([&](const std::string& name, const Adapter& item) {
      append_json_string(members[name], name);
      return members[name] += ":" + canonical(item), true;
    });
    std::string text = "{";
    for (const auto& [name, member] : members) text += member + ",";
    return text + "}";
  }
  if (value.isNumber()) return json(value.asDouble()).dump();
  return value.isBool() ? (value.asBool() ? "true" : "false") : "null";
}

class Unique : public OwnConstraint<Unique> {
 public:
  explicit Unique(const Adapter& limit) : limit_(static_cast<std::size_t>(limit.asInteger())) {}
  // What is too long fails by its maxItems.
  bool check(const Adapter& target, const Context& context, Results* results) const {
    if (!target.isArray()) return true;
    if (target.getArraySize() > limit_) return false;
    std::set<std::string> seen;
    bool unique = true;
    target.applyToArray([&](const Adapter& item) { return unique = seen.insert(canonical(item)).second; });
    return unique || fail(context, results, "uniqueItems");
  }

 private:
  std::size_t limit_;
};

template <class Own>
class OwnBuilder : public valijson::ConstraintBuilder {
 public:
  valijson::constraints::Constraint* make(const Adapter& value) const override { return new Own(value); }
};

class CompiledSchema : public BodySchema {
 public:
  explicit CompiledSchema(const json& prepared) {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.addConstraintBuilder(keyword::kBudget, new OwnBuilder<Budget>());
    parser.addConstraintBuilder(keyword::kClosed, new OwnBuilder<Closed>());
    parser.addConstraintBuilder(keyword::kFormat, new OwnBuilder<Format>());
    parser.addConstraintBuilder(keyword::kPattern, new OwnBuilder<Pattern>());
    parser.addConstraintBuilder(keyword::kUnique, new OwnBuilder<Unique>());
    parser.populateSchema(NlohmannJsonAdapter(prepared), schema_);
  }

  std::vector<FieldError> check(const json& document) const override {
    // A validator caches expressions as it works, so each thread has its own.
    thread_local valijson::Validator validator(valijson::Validator::kStrongTypes);
    const NlohmannJsonAdapter target(document);
    if (validator.validate(schema_, target, nullptr)) return {};
    Results results;
    try {
      validator.validate(schema_, target, &results);
    } catch (const EnoughErrors&) {
    }
    ValidationReport report(document);
    for (const auto& error : results) report.add(error.context, error.description);
    return std::move(report).take();
  }

 private:
  valijson::Schema schema_;
};

}  // namespace

Result<std::shared_ptr<const BodySchema>> BodySchema::compile(const json& prepared) {
  try {
    return std::shared_ptr<const BodySchema>(std::make_shared<CompiledSchema>(prepared));
  } catch (const std::exception& error) {
    return Error(Status::invalid, std::string("schema: ") + error.what());
  }
}

}  // namespace nexus::api
