// What the views of a request point into.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <string>
#include <string_view>

namespace nexus::api::http {

class RequestStorage {
 public:
  // User-provided, so that make_shared leaves the room as it is.
  RequestStorage() noexcept {}
  RequestStorage(const RequestStorage&) = delete;
  RequestStorage& operator=(const RequestStorage&) = delete;

  std::string_view keep(std::string_view text) {
    if (text.empty()) return {"", 0};
    auto* copy = static_cast<char*>(arena_.allocate(text.size(), 1));
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

  std::string body;

 private:
  // What the header of an API call takes without cookies; a larger one goes on in blocks from the heap.
  static constexpr std::size_t kFirstBlock = 768;
  alignas(8) std::array<std::byte, kFirstBlock> first_;
  std::pmr::monotonic_buffer_resource arena_{first_.data(), first_.size()};
};

}  // namespace nexus::api::http
