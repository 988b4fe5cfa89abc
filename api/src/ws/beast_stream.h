// Boost.Beast under a session: the one place that knows its types. For the loop's thread.
#pragma once

#include "ws/packed_frames.h"
#include "ws/session.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>

namespace nexus::api::ws {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::beast::error_code;

// What Beast reads from and writes to: first what came with the upgrade, then the socket; writes join the session's
// output and are done when they went out.
class Session::Layer {
 public:
  using executor_type = asio::io_context::executor_type;
  using Socket = asio::basic_stream_socket<asio::ip::tcp, executor_type>;

  Layer(Session& session, Loop& loop, int socket, std::string received)
      : session_(session), socket_(loop.context().get_executor()), received_(std::move(received)) {
    if (session.agreement_.deflate) packed_frames_.emplace();
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    error_code error;
    socket_.assign(address.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), socket, error);
    socket_.non_blocking(true, error);
  }

  executor_type get_executor() noexcept { return socket_.get_executor(); }
  Socket& socket() noexcept { return socket_; }
  // Null where no compression was agreed on.
  PackedFrames* packed_frames() noexcept { return packed_frames_ ? &*packed_frames_ : nullptr; }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return asio::async_initiate<Handler, void(error_code, std::size_t)>(
        [this](auto&& done, const Buffers& into) {
          if (received_from_ == received_.size()) {
            return read_socket(into, std::forward<decltype(done)>(done));
          }
          const std::size_t size = asio::buffer_copy(into, asio::buffer(received_) + received_from_);
          pass_frames(into, size);
          received_from_ += size;
          if (received_from_ == received_.size()) {
            std::string().swap(received_);
            received_from_ = 0;
          }
          asio::post(get_executor(),
                     boost::beast::bind_front_handler(std::forward<decltype(done)>(done), error_code(), size));
        },
        handler, buffers);
  }

  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return asio::async_initiate<Handler, void(error_code, std::size_t)>(
        [this](auto&& done, const Buffers& from) {
          auto bytes = boost::beast::buffers_to_string(from);
          using Done = std::decay_t<decltype(done)>;
          auto unit =
              std::make_unique<BeastWrite<Done>>(get_executor(), std::forward<decltype(done)>(done), bytes.size());
          session_.write_unit(std::move(bytes), std::move(unit));
        },
        handler, buffers);
  }

 private:
  template <class Done>
  class BeastWrite final : public Written {
   public:
    BeastWrite(const executor_type& executor, Done&& done, std::size_t size)
        : executor_(executor), done_(std::move(done)), size_(size) {}
    void complete(bool written) override {
      const error_code error = written ? error_code() : error_code(asio::error::operation_aborted);
      asio::post(executor_, boost::beast::bind_front_handler(std::move(done_), error, written ? size_ : 0));
    }

   private:
    executor_type executor_;
    Done done_;
    std::size_t size_;
  };

  template <class Buffers, class Done>
  void read_socket(const Buffers& into, Done&& done) {
    if (!packed_frames_) return socket_.async_read_some(into, std::forward<Done>(done));
    socket_.async_read_some(into,
                            [this, into, done = std::forward<Done>(done)](error_code error, std::size_t size) mutable {
                              if (size != 0) pass_frames(into, size);  // where it is cut off, nothing is left of us
                              done(error, size);
                            });
  }
  template <class Buffers>
  void pass_frames(const Buffers& into, std::size_t size) {
    if (!packed_frames_) return;
    for (const asio::mutable_buffer part : boost::beast::buffers_range_ref(into)) {
      const auto used = std::min(size, part.size());
      packed_frames_->pass({static_cast<char*>(part.data()), used});
      size -= used;
    }
  }

  Session& session_;
  Socket socket_;
  std::optional<PackedFrames> packed_frames_;
  std::string received_;
  std::size_t received_from_ = 0;

  friend void beast_close_socket(Layer& layer) {
    error_code ignored;
    layer.socket_.close(ignored);
  }
  // Our side is shut, so that the close frame is read; what the client still sends is not waited for. What came already
  // is dropped, because closing would reset the connection for it.
  template <class Handler>
  friend void async_teardown(boost::beast::role_type, Layer& layer, Handler&& handler) {
    error_code ignored;
    layer.socket_.shutdown(Socket::shutdown_send, ignored);
    std::array<char, 4096> dropped{};
    for (int turn = 0; turn < 64; ++turn) {
      if (::recv(layer.socket_.native_handle(), dropped.data(), dropped.size(), MSG_DONTWAIT) <= 0) break;
    }
    asio::post(layer.get_executor(), boost::beast::bind_front_handler(std::forward<Handler>(handler), error_code()));
  }
};

struct Session::Beast {
  Beast(Session& session, Loop& loop, int socket, std::string received)
      : stream(session, loop, socket, std::move(received)) {}

  websocket::stream<Layer, false> stream;
  boost::beast::flat_buffer buffer;
  error_code end;  // why reading ended
  PackedFrames::Message message_is;

  void accept(std::shared_ptr<Session> session, const Handshake& handshake) {
    namespace http = boost::beast::http;
    stream.set_option(websocket::stream_base::decorator(
        [id = handshake.request_id, agreed = session->agreement_](websocket::response_type& answer) {
          answer.set("X-Request-Id", id);
          if (!agreed.subprotocol.empty()) answer.set(http::field::sec_websocket_protocol, agreed.subprotocol);
          if (agreed.deflate) answer.set(http::field::sec_websocket_extensions, deflate_answer(*agreed.deflate));
          answer.set(http::field::server, "NexusPanel");  // Beast would name itself and its version
        }));
    // The pipeline has checked the request; this is as much of it as Beast looks at.
    http::request<http::empty_body> request(http::verb::get, "/", 11);
    request.set(http::field::host, "localhost");
    request.set(http::field::connection, "Upgrade");
    request.set(http::field::upgrade, "websocket");
    request.set(http::field::sec_websocket_version, "13");
    request.set(http::field::sec_websocket_key, handshake.key);
    stream.async_accept(request, [session = std::move(session)](error_code error) { session->on_accepted(!error); });
  }

  void read(std::shared_ptr<Session> session) {
    stream.async_read_some(buffer, 0, [session = std::move(session)](error_code error, std::size_t) {
      if (session->beast_) session->beast_->end = error;
      session->on_read(static_cast<bool>(error));
    });
  }

  // The message is whole: what follows is about it.
  void end_message() {
    auto* frames = stream.next_layer().packed_frames();
    message_is = frames != nullptr ? frames->take_message() : PackedFrames::Message{};
  }
  bool is_packed() const noexcept { return message_is.is_packed; }
  MessageKind kind() const noexcept {
    return (is_packed() ? message_is.is_text : stream.got_text()) ? MessageKind::text : MessageKind::binary;
  }
  std::string_view message() const noexcept {
    const auto bytes = buffer.data();
    return {static_cast<const char*>(bytes.data()), bytes.size()};
  }

  void forget_message(std::size_t most) {
    buffer.consume(buffer.size());
    if (buffer.capacity() > most) buffer.shrink_to_fit();
  }

  void close(std::shared_ptr<Session> session, std::uint16_t code, const std::string& text) {
    websocket::close_reason why(static_cast<websocket::close_code>(code));
    const std::size_t most = std::min<std::size_t>(text.size(), 123);
    why.reason.assign(text.data(), most);
    stream.async_close(why, [session = std::move(session)](error_code) { session->on_ended(); });
  }

  void ping(std::shared_ptr<Session> session) {
    stream.async_ping({}, [session = std::move(session)](error_code) { session->ping_on_way_ = false; });
  }

  void wait_writable(std::shared_ptr<Session> session) {
    stream.next_layer().socket().async_wait(Layer::Socket::wait_write,
                                            [session = std::move(session)](error_code error) {
                                              session->waits_writable_ = false;
                                              if (!error) session->turn();
                                            });
  }

  void shut() { beast_close_socket(stream.next_layer()); }

  std::uint16_t code() const {
    if (end == websocket::error::closed)
      return stream.reason().code == 0 ? 1005 : known_close_code(stream.reason().code);
    if (end == websocket::error::message_too_big || end == websocket::error::buffer_overflow) return 1009;
    if (end == websocket::error::bad_frame_payload) return 1007;
    return end == websocket::condition::protocol_violation ? 1002 : 1006;
  }
  std::string reason() const {
    if (end != websocket::error::closed) return {};
    return {stream.reason().reason.data(), stream.reason().reason.size()};
  }
};

}  // namespace nexus::api::ws
