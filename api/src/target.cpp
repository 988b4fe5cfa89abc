#include "target.h"

#include "text.h"

#include <algorithm>

namespace nexus::api {
namespace {

TargetProblem bad(const char* details_key) { return {details_key, {}}; }

// Decoded once and only here: what looks like an escape afterwards is text.
std::optional<std::string> decoded_text(std::string_view raw, PlusSign plus) {
  auto text = percent_decode(raw, plus);
  if (!text || !is_utf8(*text) || text->find('\0') != std::string::npos) return std::nullopt;
  return text;
}

bool has_encoded_slash(std::string_view raw) noexcept {
  for (std::size_t at = raw.find('%'); at != std::string_view::npos; at = raw.find('%', at + 1)) {
    if (equals_ignoring_case(raw.substr(at, 3), "%2f")) return true;
  }
  return false;
}

}  // namespace

std::optional<TargetProblem> RequestTarget::parse(std::string_view target) {
  if (!target.starts_with('/')) return bad("error.40000.target");
  const std::size_t mark = target.find('?');
  if (auto problem = decode_path(target.substr(0, mark))) return problem;
  return mark == std::string_view::npos ? std::nullopt : parse_query(target.substr(mark + 1));
}

std::optional<TargetProblem> RequestTarget::decode_path(std::string_view raw) {
  const bool plain = std::all_of(raw.begin(), raw.end(), [](char c) { return c > ' ' && c < 0x7F && c != '%'; });
  if (plain) {
    path_ = raw;
  } else {
    auto text = has_encoded_slash(raw) ? std::nullopt : decoded_text(raw, PlusSign::literal);
    if (!text) return bad("error.40000.target");
    decoded_ = std::move(*text);
    path_ = decoded_;
  }
  return split_path();
}

std::optional<TargetProblem> RequestTarget::split_path() {
  segments_.reserve(8);
  for (std::size_t start = 1; start <= path_.size();) {
    const std::size_t end = std::min(path_.find('/', start), path_.size());
    const auto segment = path_.substr(start, end - start);
    if (segment == "." || segment == ".." || segments_.size() == kMaxSegments) return bad("error.40000.target");
    segments_.push_back(segment);
    start = end + 1;
  }
  return std::nullopt;
}

std::optional<TargetProblem> RequestTarget::parse_query(std::string_view raw) {
  for (std::size_t start = 0; start < raw.size();) {
    const std::size_t end = std::min(raw.find('&', start), raw.size());
    const auto pair = raw.substr(start, end - start);
    start = end + 1;
    if (pair.empty()) continue;
    if (auto problem = parse_pair(pair)) return problem;
  }
  return std::nullopt;
}

std::optional<TargetProblem> RequestTarget::parse_pair(std::string_view pair) {
  if (query_.size() == kMaxQueryParameters) return bad("error.40000.target");
  const std::size_t equals = std::min(pair.find('='), pair.size());
  auto name = decoded_text(pair.substr(0, equals), PlusSign::space);
  if (!name) return bad("error.40000.target");
  auto value = decoded_text(pair.substr(std::min(equals + 1, pair.size())), PlusSign::space);
  if (!value) return TargetProblem{"error.40000.query", std::move(*name)};
  for (const auto& [known, ignored] : query_) {
    if (known == *name) return TargetProblem{"error.40000.duplicate_query", std::move(*name)};
  }
  query_.emplace_back(std::move(*name), std::move(*value));
  return std::nullopt;
}

std::optional<std::string> RequestTarget::take_query(std::string_view name) {
  const auto found = std::find_if(query_.begin(), query_.end(), [&](const auto& pair) { return pair.first == name; });
  if (found == query_.end()) return std::nullopt;
  std::optional<std::string> value(std::move(found->second));
  query_.erase(found);
  return value;
}

}  // namespace nexus::api
