#include "http/request_parser.h"

#include "http/field_rules.h"
#include "http/request_storage.h"

#include <nexus/cpp/status.h>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <utility>

namespace nexus::api::http {
namespace {

namespace beast = boost::beast::http;
using beast::field;
using boost::beast::error_code;
using StringView = boost::beast::string_view;

constexpr Refusal kMalformed{400, code::kMalformed};
constexpr Refusal kHeadersTooLarge{431, code::kHeadersTooLarge};
constexpr Refusal kTargetTooLong{414, code::kTargetTooLong};
constexpr Refusal kBodyTooLarge{413, code::kBodyTooLarge};
constexpr Refusal kNotImplemented{501, code::kNotImplemented};

// The line of a chunk may be that long, and all chunk extensions of a request together: nobody uses them, and unbounded
// they are bytes that no limit of the body counts.
constexpr std::size_t kChunkLine = 4 * 1024;
constexpr std::size_t kChunkExtensions = 16 * 1024;
// A last chunk has at least that many bytes, "0\r\n\r\n". Beast asserts that it sees so many whenever it looks again.
constexpr std::size_t kLastChunk = 5;
// Fields of a usual request.
constexpr std::size_t kUsualFields = 16;

std::string_view view(StringView text) { return {text.data(), text.size()}; }

class BeastRequestParser final : public RequestParser, private beast::basic_parser<true> {
 public:
  explicit BeastRequestParser(const EngineLimits& limits)
      : limits_(limits), storage_(std::make_shared<RequestStorage>()) {
    message_.fields.reserve(kUsualFields);
    message_.storage = storage_;
    // Beast's own limit sees only what is not consumed yet; ours counts all.
    header_limit(static_cast<std::uint32_t>(limits.header_bytes + 1));
    body_limit(limits.body_bytes);
  }

  Progress feed(std::string_view bytes, std::size_t& consumed) override;

  bool header_complete() const noexcept override { return is_header_done(); }
  bool expects_continue() const noexcept override { return expects_continue_ && storage_->body.empty(); }
  bool keep_alive() const noexcept override { return basic_parser::keep_alive(); }
  Refusal refusal() const noexcept override { return refusal_; }
  const RequestMessage& message() const noexcept override { return message_; }
  RequestMessage take(std::string_view peer) override {
    message_.body = storage_->body;
    message_.peer = storage_->keep(peer);
    return std::move(message_);
  }

 private:
  // Ends the parse with a refusal; Beast hands the error back from put().
  void refuse(const Refusal& refusal, error_code& error) {
    refusal_ = refusal;
    own_refusal_ = true;
    error = beast::error::bad_value;
  }
  Progress refused(const Refusal& refusal) {
    refusal_ = refusal;
    return Progress::refused;
  }
  Progress refused(const error_code& error, std::string_view rest) {
    if (own_refusal_) return Progress::refused;
    if (error == beast::error::header_limit) return header_so_far(rest);
    return refused(error == beast::error::body_limit ? kBodyTooLarge : kMalformed);
  }
  Progress need_more(std::string_view rest);
  Progress header_so_far(std::string_view rest);
  bool is_folded(std::string_view name, std::string_view value) const;
  void check_host(std::string_view value, error_code& error);
  void check_length(std::string_view value, error_code& error);
  void check_coding(std::string_view value, error_code& error);

  void on_request_impl(beast::verb, StringView method, StringView target, int version, error_code& error) override;
  void on_field_impl(field id, StringView name, StringView value, error_code& error) override;
  void on_header_impl(error_code& error) override;
  void on_chunk_header_impl(std::uint64_t size, StringView extensions, error_code& error) override;
  std::size_t on_body_impl(StringView bytes, error_code&) override {
    storage_->body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  std::size_t on_chunk_body_impl(std::uint64_t, StringView bytes, error_code& error) override {
    return on_body_impl(bytes, error);
  }
  void on_response_impl(int, StringView, int, error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  const EngineLimits& limits_;
  std::shared_ptr<RequestStorage> storage_;
  RequestMessage message_;
  std::string_view input_;  // what put() is looking at
  std::size_t header_bytes_ = 0;
  std::size_t extension_bytes_ = 0;
  unsigned hosts_ = 0;
  unsigned lengths_ = 0;
  unsigned codings_ = 0;
  bool header_seen_ = false;
  bool chunk_line_begun_ = false;
  bool expects_continue_ = false;
  bool own_refusal_ = false;
  Refusal refusal_;
};

RequestParser::Progress BeastRequestParser::feed(std::string_view bytes, std::size_t& consumed) {
  consumed = 0;
  while (!is_done()) {
    input_ = bytes.substr(consumed);
    if (chunk_line_begun_ && input_.size() < kLastChunk) return Progress::need_more;
    const bool in_header = !is_header_done();
    error_code error;
    const std::size_t used = put(boost::asio::const_buffer(input_.data(), input_.size()), error);
    consumed += used;
    if (in_header) header_bytes_ += used;
    if (error && error != beast::error::need_more) return refused(error, bytes.substr(consumed));
    if (in_header && header_bytes_ > limits_.header_bytes) return refused(kHeadersTooLarge);
    if (error || (consumed == bytes.size() && !is_done())) return need_more(bytes.substr(consumed));
  }
  return Progress::complete;
}

RequestParser::Progress BeastRequestParser::need_more(std::string_view rest) {
  if (!is_header_done()) return header_so_far(rest);
  if (rest.size() > kChunkLine) return refused(kMalformed);
  // That it met the chunk of size zero Beast remembers, but tells only at its end: it may be any line that began.
  chunk_line_begun_ = basic_parser::chunked() && !rest.empty();
  return Progress::need_more;
}

// Refuses what is too large already, without waiting for its end.
RequestParser::Progress BeastRequestParser::header_so_far(std::string_view rest) {
  if (message_.method.empty()) {
    const std::size_t space = rest.find(' ');
    if (space != std::string_view::npos) {
      const std::string_view target = rest.substr(space + 1, rest.find(' ', space + 1) - space - 1);
      if (target.size() > limits_.target_bytes) return refused(kTargetTooLong);
    }
  }
  if (has_bare_line_feed(rest)) return refused(kMalformed);  // Beast waits for the end of the header to say so
  return header_bytes_ + rest.size() > limits_.header_bytes ? refused(kHeadersTooLarge) : Progress::need_more;
}

void BeastRequestParser::on_request_impl(beast::verb verb, StringView method, StringView target, int version,
                                         error_code& error) {
  message_.method = storage_->keep(view(method));
  message_.minor_version = version - 10;
  if (target.size() > limits_.target_bytes) return refuse(kTargetTooLong, error);
  if (verb == beast::verb::connect) return refuse(kNotImplemented, error);
  if (!is_origin_form(view(target))) return refuse(kMalformed, error);
  message_.target = storage_->keep(view(target));
}

// A value that spans lines (obs-fold): Beast rebuilds it elsewhere, or skips an empty first line.
bool BeastRequestParser::is_folded(std::string_view name, std::string_view value) const {
  const char* const after_name = name.data() + name.size();
  if (value.data() < after_name || value.data() > input_.data() + input_.size()) return true;
  const std::string_view between(after_name, static_cast<std::size_t>(value.data() - after_name));
  return between.find('\n') != std::string_view::npos;
}

void BeastRequestParser::on_field_impl(field id, StringView name, StringView value, error_code& error) {
  if (header_seen_) return refuse(kMalformed, error);  // a trailer
  if (is_folded(view(name), view(value))) return refuse(kMalformed, error);
  if (message_.fields.size() >= limits_.header_fields) return refuse(kHeadersTooLarge, error);
  switch (id) {
    case field::host: check_host(view(value), error); break;
    case field::content_length: check_length(view(value), error); break;
    case field::transfer_encoding: check_coding(view(value), error); break;
    case field::expect:
      if (!equals_ignoring_case(view(value), "100-continue")) return refuse(kMalformed, error);
      expects_continue_ = message_.minor_version >= 1;
      break;
    default: break;
  }
  if (!error) message_.fields.push_back({storage_->keep(view(name)), storage_->keep(view(value))});
}

void BeastRequestParser::check_host(std::string_view value, error_code& error) {
  if (++hosts_ > 1 || !is_host(value)) refuse(kMalformed, error);
}

void BeastRequestParser::check_length(std::string_view value, error_code& error) {
  if (++lengths_ > 1 || codings_ != 0 || !is_plain_number(value)) refuse(kMalformed, error);
}

void BeastRequestParser::check_coding(std::string_view value, error_code& error) {
  ++codings_;
  if (message_.minor_version == 0 || codings_ > 1 || !equals_ignoring_case(value, "chunked"))
    refuse(kNotImplemented, error);
}

void BeastRequestParser::on_header_impl(error_code& error) {
  header_seen_ = true;
  if (hosts_ == 0 && message_.minor_version >= 1) refuse(kMalformed, error);
}

void BeastRequestParser::on_chunk_header_impl(std::uint64_t, StringView extensions, error_code& error) {
  chunk_line_begun_ = false;
  extension_bytes_ += extensions.size();
  if (extension_bytes_ > kChunkExtensions) refuse(kMalformed, error);
}

}  // namespace

std::unique_ptr<RequestParser> RequestParser::create(const EngineLimits& limits) {
  return std::make_unique<BeastRequestParser>(limits);
}

}  // namespace nexus::api::http
