// SPDX-License-Identifier: Apache-2.0
#include "cli/system/child_command.hpp"

#include <sys/mman.h>
#include <sys/wait.h>

#include <cerrno>
#include <fcntl.h>
#include <spawn.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sealwax::cli {
namespace {

[[noreturn]] void fail(int error) {
  throw std::system_error{error, std::generic_category()};
}

} // namespace

ChildCommand::ChildCommand(const std::vector<std::string>& words)
    : messages_(memfd_create("messages", MFD_CLOEXEC)) {
  int ends[2];
  if (!messages_.open() || pipe2(ends, O_CLOEXEC) != 0)
    fail(errno);
  answer_ = Descriptor{ends[0]};
  const Descriptor there{ends[1]};
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, there.number(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, messages_.number(), STDERR_FILENO);
  const int error = posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    fail(error);
}

ChildCommand::~ChildCommand() {
  answer_ = Descriptor{};
  if (pid_ > 0)
    waitpid(pid_, nullptr, 0);
}

ChildCommand::Ending ChildCommand::finish() {
  int status = 0;
  waitpid(std::exchange(pid_, 0), &status, 0);
  lseek(messages_.number(), 0, SEEK_SET);
  Ending ending{WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                read_all(messages_.number()).value_or(std::string{})};
  ending.said.erase(ending.said.find_last_not_of('\n') + 1);
  return ending;
}

CommandOutcome outcome_of(const std::vector<std::string>& words) {
  ChildCommand command{words};
  std::string answer = read_all(command.answer()).value_or(std::string{});
  ChildCommand::Ending ending = command.finish();
  return {ending.code, std::move(answer), std::move(ending.said)};
}

std::string answer_of(std::vector<std::string> words) {
  words.insert(words.begin(), {"/usr/bin/env", "LC_ALL=C", "SYSTEMD_COLORS=0"});
  try {
    return outcome_of(words).answer;
  } catch (const std::system_error&) {
    return {};
  }
}

} // namespace sealwax::cli
