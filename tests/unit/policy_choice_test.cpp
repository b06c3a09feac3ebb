// SPDX-License-Identifier: Apache-2.0
// Which policy holds, and which files are taken for one.
#include "catch.hpp"
#include "model/policy/policy_choice.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <map>
#include <string>
#include <vector>

using namespace sealwax;

namespace {

/// A made system: what reading a file gives, and what was read or refused, in order.
struct Files {
  enum class Content { policy, denying_policy, faulty };

  std::map<std::string, Content> content;
  std::vector<std::string> log;
  bool fault = false;
  Environment said = Environment::allow;

  void read(const std::string& path, Absence absence) {
    log.push_back("read " + path);
    const auto found = content.find(path);
    const bool there = found != content.end();
    fault = there ? found->second == Content::faulty : absence == Absence::is_a_fault;
    said =
        there && found->second == Content::denying_policy ? Environment::deny : Environment::allow;
  }
  void refuse(PolicyRefusal refusal, const std::string& path) {
    log.push_back(std::string{describe(refusal)} + ": " + path);
    fault = true;
  }
  [[nodiscard]] bool has_fault() const { return fault; }
  [[nodiscard]] Environment environment() const { return said; }
};
using Content = Files::Content;

const std::string kReadSystem = "read /etc/sealwax/policy.conf";

std::vector<std::string> log_of(std::map<std::string, Content> content, bool secure,
                                const char* variable) {
  Files files;
  files.content = std::move(content);
  read_policy_in_force({secure, variable}, files);
  return files.log;
}

PolicyRefusal refusal(std::uint32_t mode, std::uint32_t owner, std::uint64_t size, bool secure) {
  return refusal_of({mode, owner, size}, trust_of(secure, false));
}

} // namespace

TEST_CASE("the environment's policy replaces the system's, be there one or not") {
  const std::vector<std::string> both = {kReadSystem, "read /p"};
  CHECK(log_of({{kSystemPolicy, Content::policy}, {"/p", Content::policy}}, false, "/p") == both);
  CHECK(log_of({{"/p", Content::policy}}, false, "/p") == both);
  CHECK(log_of({}, false, "/p") == both);
}

TEST_CASE("without one in the environment the system's holds") {
  for (const char* const variable : {static_cast<const char*>(nullptr), ""})
    CHECK(log_of({{kSystemPolicy, Content::policy}}, false, variable) == std::vector{kReadSystem});
}

TEST_CASE("the environment's policy is not read where it does not count") {
  const std::vector<std::string> system_alone = {kReadSystem};
  CHECK(log_of({{kSystemPolicy, Content::policy}}, true, "/p") == system_alone);
  CHECK(log_of({}, true, "/p") == system_alone);
  CHECK(log_of({{kSystemPolicy, Content::denying_policy}}, false, "/p") == system_alone);
  CHECK(log_of({{kSystemPolicy, Content::denying_policy}}, false, "p") == system_alone);
  // It may have said so.
  CHECK(log_of({{kSystemPolicy, Content::faulty}}, false, "/p") == system_alone);
}

TEST_CASE("a relative path is refused, and a named file that is missing is a fault") {
  Files files;
  files.content = {{kSystemPolicy, Content::policy}};
  read_policy_in_force({false, "p/q"}, files);
  CHECK(files.log ==
        std::vector<std::string>{kReadSystem, "SEALWAX_POLICY is no absolute path: p/q"});
  CHECK(files.fault);
  Files none;
  read_policy_in_force({false, nullptr}, none);
  CHECK_FALSE(none.fault);
  read_policy_in_force({false, "/p"}, none);
  CHECK(none.fault);
}

TEST_CASE("what is no regular file is refused before anything else is asked") {
  for (const int type : {S_IFIFO, S_IFDIR, S_IFCHR, S_IFBLK, S_IFSOCK, S_IFLNK, 0})
    for (const bool secure : {false, true})
      CHECK(refusal(static_cast<unsigned>(type) | 0666U, 7, kPolicySizeLimit, secure) ==
            PolicyRefusal::not_regular);
  CHECK(std::string{describe(PolicyRefusal::not_regular)} == "not a regular file");
}

TEST_CASE("a file of a mebibyte is too large, one byte less is not") {
  CHECK(kPolicySizeLimit == 1024 * 1024);
  CHECK(refusal(S_IFREG | 0644U, 0, kPolicySizeLimit, false) == PolicyRefusal::too_large);
  CHECK(refusal(S_IFREG | 0644U, 0, UINT64_MAX, true) == PolicyRefusal::too_large);
  CHECK(refusal(S_IFREG | 0644U, 0, kPolicySizeLimit - 1, true) == PolicyRefusal::none);
  CHECK(refusal(S_IFREG | 0644U, 0, 0, true) == PolicyRefusal::none);
}

TEST_CASE("a privileged program takes what root alone can write, others take anything") {
  CHECK(refusal(S_IFREG | 0755U, 0, 1, true) == PolicyRefusal::none);
  CHECK(refusal(S_IFREG | 0664U, 0, 1, true) == PolicyRefusal::not_roots);
  CHECK(refusal(S_IFREG | 0646U, 0, 1, true) == PolicyRefusal::not_roots);
  CHECK(refusal(S_IFREG | 0600U, 1, 1, true) == PolicyRefusal::not_roots);
  CHECK(refusal(S_IFREG | 0666U, 1000, 1, false) == PolicyRefusal::none);
}

TEST_CASE("a file is absent where no path leads to it") {
  CHECK(means_absent(ENOENT));
  CHECK(means_absent(ENOTDIR));
  for (const int error : {0, EACCES, ELOOP, EISDIR, ENXIO})
    CHECK_FALSE(means_absent(error));
}

TEST_CASE("each refusal is told in words of its own") {
  std::map<std::string, PolicyRefusal> told;
  for (auto refusal = PolicyRefusal::relative_path; refusal <= PolicyRefusal::folder_not_roots;
       refusal = static_cast<PolicyRefusal>(static_cast<int>(refusal) + 1)) {
    INFO(describe(refusal));
    CHECK(told.emplace(describe(refusal), refusal).second);
  }
  CHECK(told.size() == 6);
  CHECK(told.at("larger than 1 MiB") == PolicyRefusal::too_large);
}

TEST_CASE("what has no owner in a user namespace counts as root's for root's own programs alone") {
  for (const std::uint32_t owner : {65534U, PolicyFileFacts::kUnknownOwner}) {
    const PolicyFileFacts file{S_IFREG | 0644U, owner, 10};
    const PolicyFileFacts writable{S_IFREG | 0664U, owner, 10};
    CHECK(refusal_of(file, trust_of(false, true)) == PolicyRefusal::none);
    CHECK(refusal_of_folder(file, trust_of(false, true)) == PolicyRefusal::none);
    CHECK(refusal_of(writable, trust_of(false, true)) == PolicyRefusal::not_roots);
    for (const bool is_root : {false, true}) {
      CHECK(refusal_of(file, trust_of(true, is_root)) == PolicyRefusal::not_roots);
      CHECK(refusal_of_folder(file, trust_of(true, is_root)) == PolicyRefusal::folder_not_roots);
    }
  }
}

TEST_CASE("what somebody else can bring about opens nothing") {
  for (const PolicyRefusal refusal : {PolicyRefusal::relative_path, PolicyRefusal::unreadable,
                                      PolicyRefusal::not_regular, PolicyRefusal::too_large}) {
    CHECK(mode_in_place_of(refusal, false) == Mode::audit);
    CHECK(mode_in_place_of(refusal, true) == Mode::enforce);
  }
  for (const PolicyRefusal refusal : {PolicyRefusal::not_roots, PolicyRefusal::folder_not_roots})
    CHECK(mode_in_place_of(refusal, false) == Mode::enforce);
}
