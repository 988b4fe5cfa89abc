// users.credentials/1, as far as the plugin asks it: who there is.
#pragma once

#include <nexus/cpp/contracts/credentials.h>
#include <nexus/testing/fake_host.h>

namespace nexus::test {

// Users 2 to 299, named by their number, but for `removed`.
class FakeUsers {
 public:
  void play_in(testing::FakeHost& host) {
    host.fake_service(std::string(contracts::kCredentialsService),
                      [this](std::string_view method, std::string_view payload) { return answer(method, payload); });
  }

  std::int64_t removed = 0;
  bool is_down = false;
  int asked = 0;

 private:
  Result<std::string> answer(std::string_view method, std::string_view payload) {
    if (is_down) return Error(Status::unavailable, "users is away");
    if (method != "get") return Error(Status::unsupported);
    ++asked;
    contracts::User user;
    user.id = parse_json(payload)->value("id", std::int64_t{0});
    if (user.id < 2 || user.id > 299 || user.id == removed) {
      return encode_answer(Error::api(code::kNotFound));
    }
    user.username = "user" + std::to_string(user.id);
    return encode_answer(contracts::to_json(user));
  }
};

}  // namespace nexus::test
