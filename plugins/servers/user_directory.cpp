#include "user_directory.h"

#include <memory>

namespace nexus::servers {
namespace {

// Each question keeps it alive until the next.
class Search : public std::enable_shared_from_this<Search> {
 public:
  Search(OwnedCall call, const Binding& users, std::vector<std::int64_t> ids, UsersFound done)
      : call_(std::move(call)), users_(users), ids_(std::move(ids)), done_(std::move(done)) {}

  void go_on() {
    if (next_ == ids_.size()) return done_(*call_, std::move(found_));
    users_.invoke(*call_, "get", dump(Json{{"id", ids_[next_]}}),
                  [self = shared_from_this()](Call&, const Result<std::string>& answer) { self->take(answer); });
  }

 private:
  void take(const Result<std::string>& answer) {
    const auto user = decode_answer(answer);
    if (user.ok()) {
      found_.emplace(ids_[next_], contracts::user_from(*user));
    } else if (user.error().app_code() != code::kNotFound) {
      return done_(*call_, user.error());
    }
    ++next_;
    go_on();
  }

  OwnedCall call_;
  Binding users_;
  std::vector<std::int64_t> ids_;
  UsersFound done_;
  std::size_t next_ = 0;
  Users found_;
};

}  // namespace

void find_users(OwnedCall call, const Binding& users, std::vector<std::int64_t> ids, UsersFound done) {
  std::make_shared<Search>(std::move(call), users, std::move(ids), std::move(done))->go_on();
}

}  // namespace nexus::servers
