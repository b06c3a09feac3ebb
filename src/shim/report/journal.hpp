// Where reports go.
#pragma once

#include "model/policy.hpp"
#include "model/report.hpp"
#include "shim/kernel/kernel.hpp"

namespace sealwax::shim {

/// Fills in time and process and sends the line where the policy wants it. Never blocks, never
/// waits, and says nothing where that place is missing or a filter forbids a call on the way.
void send_report(Kernel& kernel, const Settings& settings, Report report);

/// Text and numbers put together in place, cut where they do not fit.
class Message {
public:
  Message& operator<<(std::string_view text);
  Message& operator<<(std::uint64_t number);
  Message& hexadecimal(std::uint64_t number);
  [[nodiscard]] std::string_view text() const { return {text_, size_}; }
  /// With a terminator behind it.
  [[nodiscard]] const char* c_string() {
    text_[size_] = '\0';
    return text_;
  }

private:
  static constexpr std::size_t kMost = 511;
  char text_[kMost + 1];
  std::size_t size_ = 0;
};

} // namespace sealwax::shim
