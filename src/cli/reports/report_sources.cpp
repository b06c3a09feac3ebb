// SPDX-License-Identifier: Apache-2.0
#include "cli/reports/report_sources.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "cli/system/child_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace sealwax::cli::report {
namespace {

constexpr std::size_t kLongestLine = std::size_t{1} << 20U;

/// False: the file could not be read to its end.
bool for_each_line(int descriptor, const LineVisitor& visit) {
  std::string rest;
  bool too_long = false; // what is read belongs to a line that is left out
  std::vector<char> buffer(std::size_t{1} << 16U);
  while (true) {
    const ssize_t size = read_some(descriptor, buffer);
    if (size < 0)
      return false;
    if (size == 0)
      break;
    std::string_view text{buffer.data(), static_cast<std::size_t>(size)};
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      rest.append(text.substr(0, end));
      if (!too_long)
        visit(rest);
      rest.clear();
      too_long = false;
      text.remove_prefix(end + 1);
    }
    rest.append(text);
    too_long |= rest.size() > kLongestLine;
    if (too_long)
      rest.clear();
  }
  if (!rest.empty() && !too_long)
    visit(rest);
  return true;
}

/// Without an entry that fits journalctl ends with 1 and says nothing.
void check_ending(const ChildCommand::Ending& ending) {
  if (ending.code != 0 && (ending.code < 0 || !ending.said.empty()))
    throw CommandError(fmt::format("journalctl failed: {}", printable(ending.said)));
  if (!ending.said.empty())
    complain("warning: journalctl says: {}", printable(ending.said));
}

/// journalctl(1) says nothing of files that it may not read, and an answer without them would be a
/// wrong one.
void check_journal_files(const std::string& directory) {
  namespace fs = std::filesystem;
  std::vector<std::string> folders = {directory};
  if (directory.empty())
    folders = {"/var/log/journal", "/run/log/journal"};
  std::size_t found = 0;
  std::size_t readable = 0;
  for (const std::string& folder : folders) {
    std::error_code error;
    constexpr auto kOptions = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator file{folder, kOptions, error}, end; !error && file != end;
         file.increment(error)) {
      if (file->path().extension() != ".journal")
        continue;
      ++found;
      readable += access(file->path().c_str(), R_OK) == 0 ? 1U : 0U;
    }
  }
  if (found == 0)
    throw CommandError(fmt::format("there is no journal in {}; name log files with --file",
                                   printable(fmt::format("{}", fmt::join(folders, " or ")))));
  if (readable == 0)
    throw CommandError("the journal may not be read; root may, and who is in the group "
                       "systemd-journal");
  if (readable != found)
    complain("warning: {} of {} files of the journal may not be read; root may, and who is in the "
             "group systemd-journal",
             found - readable, found);
}

/// How many lines journalctl answers.
std::size_t visit_answer(const std::vector<std::string>& words, const LineVisitor& visit) {
  std::size_t lines = 0;
  try {
    ChildCommand journal{words};
    const auto count = [&](std::string_view line) {
      ++lines;
      visit(line);
    };
    if (!for_each_line(journal.answer(), count))
      throw CommandError(fmt::format("cannot read the journal: {}", std::strerror(errno)));
    check_ending(journal.finish());
  } catch (const std::system_error& error) {
    throw CommandError(fmt::format("cannot run journalctl: {}; name log files with --file",
                                   error.code().message()));
  }
  return lines;
}

/// Of a unit that has written nothing at all "none" would be no answer: there may be none of that
/// name.
void check_unit(const JournalQuery& query) {
  std::vector<std::string> words = {"journalctl", "--no-pager",    "--quiet",
                                    "--lines=1",  "--output=json", "--unit=" + query.unit};
  if (!query.directory.empty())
    words.push_back("--directory=" + query.directory);
  if (visit_answer(words, [](std::string_view) {}) == 0)
    throw CommandError(
        fmt::format("the journal has nothing of unit {}; 'systemctl status {}' shows "
                    "whether there is one",
                    printable(query.unit), printable(query.unit)));
}

std::optional<std::uint64_t> calendar_time(const std::string& text) {
  for (const char* const format : {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    std::tm parts{};
    parts.tm_isdst = -1;
    const char* const end = strptime(text.c_str(), format, &parts);
    if (end == nullptr || *end != '\0')
      continue;
    const std::time_t time = mktime(&parts);
    return time < 0 ? std::nullopt : std::optional{static_cast<std::uint64_t>(time)};
  }
  return std::nullopt;
}

std::optional<std::uint64_t> midnight(std::uint64_t now, int days_ago) {
  const auto seconds = static_cast<std::time_t>(now);
  std::tm parts{};
  if (localtime_r(&seconds, &parts) == nullptr)
    return std::nullopt;
  parts.tm_sec = parts.tm_min = parts.tm_hour = 0;
  parts.tm_mday -= days_ago;
  parts.tm_isdst = -1;
  return static_cast<std::uint64_t>(mktime(&parts));
}

} // namespace

void for_each_line_of(const std::string& path, const LineVisitor& visit) {
  const bool piped = path == "-";
  const Descriptor file{piped ? dup(STDIN_FILENO)
                              : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status = {};
  if (!file.open() || fstat(file.number(), &status) != 0)
    throw CommandError(fmt::format("cannot read {}: {}", printable(path), std::strerror(errno)));
  if (!piped && !S_ISREG(status.st_mode))
    throw CommandError(
        fmt::format("cannot read {}: not a regular file; pipe it into -", printable(path)));
  if (!for_each_line(file.number(), visit))
    throw CommandError(fmt::format("cannot read {}: {}", printable(path), std::strerror(errno)));
}

void for_each_journal_entry(const JournalQuery& query, const LineVisitor& visit) {
  check_journal_files(query.directory);
  std::vector<std::string> words = {"journalctl",
                                    "--no-pager",
                                    "--quiet",
                                    "--all",
                                    "--output=json",
                                    "--output-fields=MESSAGE,_EXE,_UID,_TRANSPORT,_HOSTNAME",
                                    "--grep=^sealwax-report "};
  if (query.since)
    words.push_back(fmt::format("--since=@{}", *query.since));
  if (!query.unit.empty())
    words.push_back("--unit=" + query.unit);
  if (!query.directory.empty())
    words.push_back("--directory=" + query.directory);
  if (query.this_boot)
    words.emplace_back("--boot");
  const std::size_t found = visit_answer(words, visit);
  const bool all_of_it = !query.since && !query.this_boot;
  if (found == 0 && all_of_it && !query.unit.empty())
    check_unit(query);
}

std::optional<std::uint64_t> parse_time(std::string_view text, std::uint64_t now) {
  if (text == "today")
    return midnight(now, 0);
  if (text == "yesterday")
    return midnight(now, 1);
  if (!text.starts_with('@') && !text.starts_with('-'))
    return calendar_time(std::string{text});
  const bool ago = text.starts_with('-');
  text.remove_prefix(1);
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{})
    return std::nullopt;
  const std::string_view unit{stopped, static_cast<std::size_t>(end - stopped)};
  if (!ago)
    return unit.empty() ? std::optional{number} : std::nullopt;
  for (const auto& [name, seconds] :
       {std::pair{"s", 1U}, std::pair{"min", 60U}, std::pair{"h", 3600U}, std::pair{"d", 86400U}})
    if (unit == name && number <= now / seconds)
      return now - number * seconds;
  return std::nullopt;
}

} // namespace sealwax::cli::report
