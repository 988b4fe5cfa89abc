// Bridges between borrowed ABI values and the standard library.
#pragma once

#include <nexus/base.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace nexus {

// Borrows `text`: valid as long as what it views.
inline nx_str to_abi(std::string_view text) noexcept { return {text.data(), text.size()}; }

// Borrows `text`; an absent value becomes an empty view.
inline std::string_view view(nx_str text) noexcept {
  return text.ptr == nullptr ? std::string_view{} : std::string_view{text.ptr, text.len};
}

inline bool present(nx_str text) noexcept { return text.ptr != nullptr; }

inline nx_value null_value() noexcept { return {NX_V_NULL, 0, {.i = 0}}; }
inline nx_value to_value(std::int64_t number) noexcept { return {NX_V_I64, 0, {.i = number}}; }
inline nx_value to_value(double number) noexcept { return {NX_V_F64, 0, {.f = number}}; }
inline nx_value to_value(bool flag) noexcept { return {NX_V_BOOL, 0, {.i = flag ? 1 : 0}}; }
inline nx_value to_value(std::string_view text) noexcept { return {NX_V_TEXT, 0, {.s = to_abi(text)}}; }
inline nx_value blob_value(std::string_view bytes) noexcept { return {NX_V_BLOB, 0, {.s = to_abi(bytes)}}; }
inline nx_value time_value(std::int64_t microseconds) noexcept { return {NX_V_TIME_US, 0, {.i = microseconds}}; }

// A sink that appends to `out`, which must outlive the call it is passed to.
inline nx_sink append_to(std::string& out) noexcept {
  return {&out, [](void* context, nx_str chunk) noexcept -> nx_status {
            try {
              static_cast<std::string*>(context)->append(view(chunk));
              return NX_OK;
            } catch (...) {
              return NX_E_LIMIT;
            }
          }};
}

}  // namespace nexus
