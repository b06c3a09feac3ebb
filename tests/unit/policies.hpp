// SPDX-License-Identifier: Apache-2.0
// Policies from text, for the tests.
#pragma once

#include "catch.hpp"
#include "model/policy/policy.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace sealwax::test {

/// A compiled policy and its storage. The text is gone: nothing may point into it any more.
class Compiled {
public:
  explicit Compiled(std::string text, std::string_view program = "/usr/bin/prog")
      : size_(ProgramPolicy::storage_bound(text.size())), storage_(new char[size_]) {
    const Result<ProgramPolicy, PolicyError> result =
        ProgramPolicy::compile(text, program, {storage_.get(), size_});
    text.assign(text.size(), '?');
    INFO(result.error().line << ':' << result.error().column << ": "
                             << (result.ok() ? "" : result.error().message));
    REQUIRE(result.ok());
    REQUIRE(result->storage_used() <= size_);
    policy_ = *result;
  }
  const ProgramPolicy* operator->() const { return &policy_; }

private:
  std::size_t size_;
  std::unique_ptr<char[]> storage_;
  ProgramPolicy policy_;
};

inline Compiled compiled(std::string text, std::string_view program) {
  return Compiled{std::move(text), program};
}

inline std::string policy(const std::string& sections) {
  return "sealwax-policy 1\n" + sections;
}

/// What holds for /usr/bin/prog under these sections.
inline Settings process(const std::string& sections, std::string_view program = "/usr/bin/prog") {
  return compiled(policy(sections), program)->process();
}

} // namespace sealwax::test
