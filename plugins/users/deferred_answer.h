// Answers that are worked out on the pool's threads.
#pragma once

#include "hash_work.h"

#include <nexus/cpp/http.h>

#include <utility>

namespace nexus::users {

// Answers from `work`, a Result<Response>(Call&), on a thread that may hash.
template <class Work>
void answer_hashed(HashPool& pool, Call& call, const Reply& reply, Work work) {
  run_hashed(
      pool, call,
      [reply, work = std::move(work)](Call& own_call) { answer(reply, own_call, [&] { return work(own_call); }); },
      [reply](const Error& error) { reply.send(error); });
}

}  // namespace nexus::users
