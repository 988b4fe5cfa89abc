#include "api/http/engine_fixture.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace nexus::api::test {
namespace {

AnswerMessage text_answer(std::string text) { return {200, "Content-Type: text/plain\r\n", std::move(text), false}; }

std::string echo_of(const RequestMessage& request) {
  return std::string(request.method) + ' ' + std::string(request.target) + ' ' + std::string(request.body);
}

// The number behind the last slash.
int number_in(std::string_view target) { return std::atoi(std::string(target.substr(target.rfind('/') + 1)).c_str()); }

// Bounded, because hostile clients ask too.
std::string big_text(int size) {
  constexpr int kMost = 32'000'000;
  return std::string(static_cast<std::size_t>(std::clamp(size, 0, kMost)), 'x');
}

}  // namespace

Later::Later() : thread_([this] { run(); }) {}

Later::~Later() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Later::after(std::chrono::milliseconds delay, std::function<void()> function) {
  const std::lock_guard lock(mutex_);
  waiting_.emplace(Clock::now() + delay, std::move(function));
  changed_.notify_all();
}

void Later::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
    } else if (const auto due = waiting_.begin()->first; due > Clock::now()) {
      changed_.wait_until(lock, due);
    } else {
      const auto function = std::move(waiting_.extract(waiting_.begin()).mapped());
      lock.unlock();
      function();
      lock.lock();
    }
  }
}

EngineFixture::EngineFixture(const EngineLimits& limits, std::string host) {
  EngineOptions options;
  options.host = std::move(host);
  options.port = 0;
  options.limits = limits;
  EngineHandlers handlers;
  handlers.request = [this](RequestMessage&& request, Responder&& responder) {
    handle(std::move(request), std::move(responder));
  };
  handlers.refusal = [](int status, std::int32_t code, std::string_view language) {
    return AnswerMessage{status, {}, std::to_string(code) + ' ' + std::string(language), true};
  };
  auto engine = HttpEngine::listen(options, std::move(handlers));
  if (!engine.ok()) throw std::runtime_error(engine.error().what());
  engine_ = std::move(engine).value();
  engine_->start();
}

void EngineFixture::handle(RequestMessage&& request, Responder&& responder) {
  const std::string_view target = request.target;
  if (target.starts_with("/late/")) {
    auto shared = std::make_shared<Responder>(std::move(responder));
    auto message = std::make_shared<RequestMessage>(std::move(request));
    const std::chrono::milliseconds delay(number_in(message->target));
    return later_.after(delay, [shared, message] { shared->send(text_answer(echo_of(*message))); });
  }
  if (target == "/hold") {
    const std::lock_guard lock(mutex_);
    held_.push_back(std::move(responder));
    return changed_.notify_all();
  }
  if (target == "/drop") return;
  if (target == "/throw") throw std::runtime_error("secret of the handler");
  if (target == "/close") return responder.send({200, {}, "bye", true});
  if (target == "/peer") return responder.send(text_answer(std::string(request.peer)));
  if (target.starts_with("/big/")) return responder.send(text_answer(big_text(number_in(target))));
  if (target.starts_with("/status/")) return responder.send({number_in(target), {}, "body", false});
  responder.send(text_answer(echo_of(request)));
}

bool EngineFixture::alive() const {
  RawClient one = client();
  one.send(get("/echo"));
  return one.read_answer().status == 200;
}

Responder EngineFixture::held() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, RawClient::kPatience, [this] { return !held_.empty(); })) return {};
  Responder responder = std::move(held_.front());
  held_.erase(held_.begin());
  return responder;
}

bool EngineFixture::eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
  const auto until = Clock::now() + patience;
  while (!condition()) {
    if (Clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::string get(std::string_view target, std::string_view more_fields) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: panel\r\n" + std::string(more_fields) + "\r\n";
}

std::string post(std::string_view target, std::string_view body) {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: panel\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

}  // namespace nexus::api::test
