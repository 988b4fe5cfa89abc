#include "ssh/login.h"

#include "ssh/libssh2_session.h"

#include <boost/asio/post.hpp>

#include <utility>

namespace nexus::servers::ssh {
namespace {

// The database, the vault, and a key whose own derivation takes its time.
constexpr milliseconds kJudgeTimeout{15'000};

bool is_about_methods(const Failure& failure) {
  return failure.fault == Fault::no_common_method || failure.fault == Fault::only_rsa_host_key;
}

}  // namespace

Login::Login(boost::asio::io_context& loop, const LoginContext& context, const Target& target, Trust trust, Done done)
    : loop_(loop), context_(context), target_(target), trust_(trust), done_(std::move(done)), deadline_(loop) {}

std::shared_ptr<Login> Login::start(boost::asio::io_context& loop, const LoginContext& context, const Target& target,
                                    Trust trust, Done done) {
  initialize_libssh2();
  std::shared_ptr<Login> login(new Login(loop, context, target, trust, std::move(done)));
  // Never ends within the call that starts it.
  boost::asio::post(loop, [login] { login->begin(); });
  return login;
}

void Login::begin() {
  if (!done_) return;
  if (target_.via) {
    ask_for_tunnel();
  } else {
    wait_for_turn();
  }
}

// Before the turn: the jump host's own log-in needs one too.
void Login::ask_for_tunnel() {
  leave_tunnel_ = context_.open_tunnel(*target_.via, target_.host, target_.port,
                                       [self = shared_from_this()](Outcome<Socket> tunnel) {
                                         if (!self->done_) return;
                                         if (tunnel.ok()) {
                                           self->tunnel_ = std::move(tunnel).value();
                                           return self->wait_for_turn();
                                         }
                                         self->fail(std::move(tunnel).error());
                                       });
}

void Login::wait_for_turn() {
  std::weak_ptr<Login> weak = weak_from_this();
  turn_ = context_.queue->wait(trust_ == Trust::person, [weak, &loop = loop_] {
    boost::asio::post(loop, [weak] {
      if (const auto self = weak.lock()) self->prepare();
    });
  });
}

void Login::prepare() {
  if (!done_) return;
  begun_ = Clock::now();
  const Watch watch(Clock::now() + kResolveTimeout, [cancelled = cancelled_] { return cancelled->load(); });
  off_loop<Prepared>(
      Stage::resolve, kResolveTimeout + kJudgeTimeout,
      [target = target_, watch]() -> Outcome<Prepared> {
        auto types = target.host_keys->trusted_types();
        if (!types.ok()) return std::move(types).error();
        Prepared prepared;
        prepared.host_key_types = std::move(types).value();
        if (target.via) return prepared;
        auto addresses = resolve(target.host, target.port, watch);
        if (!addresses.ok()) return std::move(addresses).error();
        prepared.addresses = std::move(addresses).value();
        return prepared;
      },
      &Login::prepared);
}

void Login::prepared(Prepared prepared) {
  host_key_types_ = std::move(prepared.host_key_types);
  if (target_.via) return shake_hands(std::move(tunnel_));
  deadline_.cancel();  // it has its own
  dial_ = Dial::start(loop_, std::move(prepared.addresses), context_.silence,
                      [self = shared_from_this()](Outcome<Socket> socket) {
                        self->dial_ = nullptr;
                        if (!socket.ok()) return self->fail(std::move(socket).error());
                        self->shake_hands(std::move(socket).value());
                      });
}

void Login::shake_hands(Socket socket) {
  on_break_ = std::make_shared<std::function<void()>>();
  session_ = Multiplexer::create(loop_, std::move(socket), [notice = on_break_] {
    if (*notice) (*notice)();
  });
  handshake_ = std::make_shared<Handshake>(*session_);
  if (!handshake_->prepare(any_type_ ? std::vector<std::string>{} : host_key_types_)) {
    return fail({Stage::host_key, Fault::no_common_method, "libssh2 lacks a method", {}});
  }
  set_deadline(Stage::connect, kHandshakeTimeout);
  run_steps([handshake = handshake_, session = session_] { return handshake->step(); }, &Login::shaken);
}

void Login::shaken(int code) {
  if (code == 0) return judge();
  auto failure = handshake_->explain(code);
  if (!is_about_methods(failure) || host_key_types_.empty() || any_type_) return fail(std::move(failure));
  // The pinned kind of key is gone. Ask once more for any kind, to name the new key in the refusal.
  any_type_ = true;
  clear();
  begin();
}

void Login::judge() {
  auto key = handshake_->host_key();
  if (key.blob.empty()) return fail({Stage::host_key, Fault::dropped, session_->last_error(), {}});
  off_loop<Accepted>(
      Stage::host_key, kJudgeTimeout,
      [target = target_, trust = trust_, key = std::move(key)]() -> Outcome<Accepted> {
        auto report = target.host_keys->judge(key, trust);
        if (!report.ok()) return std::move(report).error();
        auto credentials = target.credentials();
        if (!credentials.ok()) return std::move(credentials).error();
        return Accepted{std::move(report).value(), std::move(credentials).value()};
      },
      &Login::log_in);
}

void Login::log_in(Accepted accepted) {
  report_ = std::move(accepted.host_key);
  if (!Authentication::possible(accepted.credentials)) {
    return fail({Stage::auth, Fault::credentials_missing, "neither key nor password", report_});
  }
  struct Attempt {
    Attempt(LIBSSH2_SESSION* session, Credentials its_credentials)
        : credentials(std::move(its_credentials)), authentication(session, credentials) {}
    Credentials credentials;
    Authentication authentication;
  };
  const auto attempt = std::make_shared<Attempt>(session_->raw(), std::move(accepted.credentials));
  set_deadline(Stage::auth, kAuthTimeout);
  run_steps([attempt] { return attempt->authentication.step(); }, &Login::logged_in);
}

void Login::logged_in(int code) {
  if (code != 0) {
    const auto fault = breaks_session(code) ? Fault::dropped : Fault::credentials_refused;
    return fail({Stage::auth, fault, session_->last_error(), report_});
  }
  LoggedIn made{std::move(session_), std::move(on_break_), std::move(report_),
                std::chrono::duration_cast<milliseconds>(Clock::now() - begun_)};
  const auto done = std::exchange(done_, nullptr);
  const auto turn = std::exchange(turn_, nullptr);  // the next one's comes when this one is told
  clear();
  done(std::move(made));
}

template <class T>
void Login::off_loop(Stage stage, milliseconds limit, std::function<Outcome<T>()> work, void (Login::*next)(T)) {
  set_deadline(stage, limit);
  const bool taken = context_.workers.submit(target_.server_id, [self = shared_from_this(), &loop = loop_,
                                                                 cancelled = cancelled_, work = std::move(work), next] {
    if (cancelled->load()) return;
    auto outcome = std::make_shared<Outcome<T>>(work());
    boost::asio::post(loop, [self, outcome, next] {
      if (!self->done_) return;
      if (!outcome->ok()) return self->fail(std::move(*outcome).error());
      (self.get()->*next)(std::move(*outcome).value());
    });
  });
  if (!taken) fail({stage, Fault::busy, "too much waits for a thread", {}});
}

void Login::set_deadline(Stage stage, milliseconds limit) {
  deadline_.expires_after(limit);
  deadline_.async_wait([weak = weak_from_this(), stage](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || !self->done_ || self->deadline_.expiry() > Clock::now()) return;
    self->fail({stage, Fault::timed_out, "time is up",
                self->report_.type.empty() ? std::nullopt : std::optional(self->report_)});
  });
}

// What follows runs from a fresh stack: it may end the session.
void Login::run_steps(std::function<int()> step, void (Login::*next)(int)) {
  session_->run(std::move(step), [weak = weak_from_this(), &loop = loop_, next](int code) {
    boost::asio::post(loop, [weak, next, code] {
      const auto self = weak.lock();
      if (self && self->done_ && self->session_) (self.get()->*next)(code);
    });
  });
}

void Login::fail(Failure failure) {
  const auto done = std::exchange(done_, nullptr);
  clear();
  if (done) done(std::move(failure));
}

void Login::clear() {
  deadline_.cancel();
  if (const auto leave = std::exchange(leave_tunnel_, nullptr)) leave();
  if (const auto dial = std::exchange(dial_, nullptr)) dial->cancel();
  if (const auto session = std::exchange(session_, nullptr)) session->shut_down();
  handshake_ = nullptr;
  tunnel_.close();
  turn_ = nullptr;
}

void Login::cancel() {
  done_ = nullptr;
  *cancelled_ = true;
  clear();
}

}  // namespace nexus::servers::ssh
