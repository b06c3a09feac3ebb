// SPDX-License-Identifier: Apache-2.0
#include "verdict.hpp"

#include "shim/kernel/call_numbers.hpp"

#include <algorithm>
#include <cerrno>
#include <sstream>

namespace sealwax::faults {
namespace {

void take_sight(const std::string& line, Seen& seen) {
  std::istringstream words{line.substr(2)};
  std::string name, permissions;
  words >> name >> permissions;
  if (name == "claims")
    seen.claims += line.substr(2) + "\n";
  else if (name == "dropped")
    seen.dropped = std::stol(permissions);
  else if (name == "left-out")
    seen.left_out = std::stol(permissions);
  else if (Seen::Share& share = seen.shares[name + " " + permissions];
           !(words >> share.sealed >> share.private_memory))
    seen.work += line + "\n";
}

long occurrences(const std::string& text, const std::string& what) {
  long count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

/// What the policy wants and is not so; empty: all of it is.
std::string left_open(const Seen& run, const Seen& clean) {
  for (const auto& [name, wanted] : clean.shares) {
    const auto found = run.shares.find(name);
    const Seen::Share is = found == run.shares.end() ? Seen::Share{} : found->second;
    if (is.sealed < wanted.sealed)
      return name + " is open";
    if (is.private_memory < wanted.private_memory)
      return name + " is in its file";
  }
  return {};
}

/// A kernel that has no mseal is no news.
bool is_kernel_without_mseal(const Done& done) {
  return done.number == shim::kMseal && done.answer.kind == Answer::error &&
         done.answer.number == ENOSYS && done.first_of_its_kind;
}

} // namespace

bool Seen::has_told(const std::string& event) const {
  return reports.find("event=" + event) != std::string::npos;
}

long Seen::refusals() const {
  return occurrences(reports, "event=refused") + occurrences(reports, "event=would-refuse");
}

Seen take_apart(const Outcome& outcome, const std::string& file) {
  Seen seen;
  seen.status = outcome.status;
  seen.reports = outcome.journal + file;
  std::istringstream output{outcome.output}, errors{outcome.errors};
  for (std::string line; std::getline(output, line);) {
    if (line.starts_with("# "))
      take_sight(line, seen);
    else
      seen.work += line + "\n";
  }
  for (std::string line; std::getline(errors, line);)
    (line.starts_with("sealwax-report ") ? seen.reports : seen.errors) += line + "\n";
  return seen;
}

std::string fault_found(const Seen& run, const Seen& bare, const Seen& clean,
                        const std::vector<Done>& done) {
  if (run.status != bare.status)
    return run.status + ", bare " + bare.status;
  if (run.work != bare.work)
    return "it does other work:\n" + run.work;
  if (run.errors != bare.errors)
    return "on standard error:\n" + run.errors;
  if (!run.claims.empty())
    return "not sealed as claimed: " + run.claims;
  if (std::any_of(done.begin(), done.end(), is_kernel_without_mseal))
    return {};
  const bool told = run.has_told("incomplete") || run.has_told("policy-error") ||
                    run.dropped != 0 || run.left_out > clean.left_out;
  if (const std::string open = left_open(run, clean); !open.empty() && !told)
    return open + ", and nobody is told";
  if (run.refusals() < clean.refusals() && !told)
    return "a refusal is neither told nor counted";
  return {};
}

} // namespace sealwax::faults
