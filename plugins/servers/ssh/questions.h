// What the questions of keyboard-interactive get: the password, once, and no guesses.
#pragma once

namespace nexus::servers::ssh {

// Of one log-in. A server may ask as often and as much as it likes, so what is not clearly the question for the
// password ends the log-in: an empty answer would count as another wrong one, and a password that was given already is
// for no further question, which may be for a code or for a new password.
class Questions {
 public:
  // Requests that ask nothing and only say something, before that is too much.
  static constexpr int kMostNotices = 10;

  enum class Reply { nothing, password, give_up };

  // To a request of `count` questions, of which the first is not to be shown while it is answered where `hidden`.
  Reply next(int count, bool hidden) noexcept {
    if (count == 0) return ++notices_ > kMostNotices ? Reply::give_up : Reply::nothing;
    const bool is_for_password = count == 1 && hidden && !answered_;
    answered_ = true;
    return is_for_password ? Reply::password : Reply::give_up;
  }

 private:
  int notices_ = 0;
  bool answered_ = false;
};

}  // namespace nexus::servers::ssh
