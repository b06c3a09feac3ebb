// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/report/overview.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/json.hpp"
#include "cli/output/output.hpp"
#include "cli/output/text_parts.hpp"
#include "model/policy/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace sealwax::cli::report {
namespace {

std::uint64_t number_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

/// Empty where it is no array.
const Json& array_in(const Json& object, const char* name) {
  static const Json kNone = Json::array();
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : kNone;
}

std::string joined(const Json& texts, std::string_view separator) {
  std::string text;
  for (const Json& one : texts)
    if (one.is_string())
      text += fmt::format("{}{}", text.empty() ? "" : separator, one.get<std::string>());
  return text;
}

Share share_of(const Json& regions) {
  Share share{0, 0, 1};
  for (const Region region :
       {Region::text, Region::rodata, Region::relro, Region::gaps, Region::vdso}) {
    const auto found = regions.find(std::string{region_name(region)});
    if (found == regions.end() || !found->is_object())
      continue;
    share.bytes += number_in(*found, "bytes");
    share.sealed += number_in(*found, "sealed_bytes");
  }
  return share;
}

void add_to(Share& sum, const Share& more) {
  sum.bytes += more.bytes;
  sum.sealed += more.sealed;
  sum.processes += more.processes;
}

void add_open(std::vector<OpenThing>& all, OpenThing one) {
  const auto same = std::find_if(all.begin(), all.end(), [&](const OpenThing& other) {
    return other.program == one.program && other.regions == one.regions && other.why == one.why;
  });
  if (same == all.end()) {
    all.push_back(std::move(one));
    return;
  }
  same->processes += one.processes;
  same->hosts.merge(one.hosts);
}

/// What the status of a process says of why something in it is open; empty: nothing.
std::string why_open(const Json& process) {
  std::string why = joined(array_in(process, "notes"), "; ");
  const auto add = [&](const std::string& reason) {
    why += fmt::format("{}{}", why.empty() ? "" : "; ", reason);
  };
  const auto counts = process.find("counts");
  if (counts == process.end() || !counts->is_object()) {
    add("libsealwax.so is not in it, or is of another version");
    return why;
  }
  for (const auto& [name, reason] :
       {std::pair{"waiting", "libraries that are closed again and again wait"},
        std::pair{"left_open", "libraries stay open, since too much is left of closed ones"},
        std::pair{"loads_not_looked_at",
                  "looks at late loads were left out, since a filter had appeared"}})
    if (const std::uint64_t count = number_in(*counts, name); count != 0)
      add(fmt::format("{} {}", count, reason));
  return why;
}

void add_process(Overview& overview, const Json& process, const std::string& host) {
  const std::string program = text_in(process, "exe");
  const auto regions = process.find("regions");
  const auto readable = process.find("readable");
  if (program.empty() || regions == process.end() || !regions->is_object() ||
      (readable != process.end() && *readable == false)) {
    ++overview.unreadable_processes;
    return;
  }
  const Share share = share_of(*regions);
  add_to(overview.whole, share);
  add_to(overview.programs[program], share);
  const std::string open = joined(array_in(process, "findings"), " ");
  if (!open.empty())
    add_open(overview.open, {program, open, why_open(process), {host}, 1});
}

Finding finding_of(const Json& object, const std::string& host) {
  Finding finding;
  finding.program = text_in(object, "program");
  finding.event = text_in(object, "event");
  finding.call = text_in(object, "call");
  finding.object = text_in(object, "object");
  finding.region = text_in(object, "region");
  finding.caller = text_in(object, "caller");
  finding.message = text_in(object, "message");
  finding.verdict = verdict_named(text_in(object, "verdict"));
  finding.count = number_in(object, "count");
  finding.first = number_in(object, "first");
  finding.last = number_in(object, "last");
  finding.sender = sender_named(text_in(object, "sender"));
  for (const Json& name : array_in(object, "hosts"))
    if (name.is_string())
      finding.hosts.insert(name == "here" || name == "stdin" ? host : name.get<std::string>());
  const auto days = object.find("days");
  if (days != object.end() && days->is_object())
    for (const auto& [day, count] : days->items())
      if (count.is_number_unsigned())
        finding.days[day] += count.get<std::uint64_t>();
  return finding;
}

auto key_of(const Finding& one) {
  return std::tie(one.program, one.verdict, static_cast<const Reported&>(one));
}

/// `more` is of the same thing.
void add_to(Finding& sum, const Finding& more) {
  sum.count += more.count;
  sum.hosts.insert(more.hosts.begin(), more.hosts.end());
  sum.users.insert(more.users.begin(), more.users.end());
  sum.sender = std::min(sum.sender, more.sender); // the best comes first
  sum.first = std::min(sum.first, more.first);
  sum.last = std::max(sum.last, more.last);
  for (const auto& [day, count] : more.days)
    sum.days[day] += count;
}

void add_section(std::vector<PolicySection>& all, PolicySection section) {
  const auto same = std::find_if(all.begin(), all.end(), [&](const PolicySection& other) {
    return other.text == section.text && other.why == section.why;
  });
  if (same == all.end())
    all.push_back(std::move(section));
  else
    same->hosts.merge(section.hosts);
}

/// Sections for all programs are no exceptions.
void add_policy(Overview& overview, std::string_view text, const std::string& host) {
  PolicySection section;
  std::string comments;
  const auto finish = [&] {
    if (!section.text.empty() && section.text != "[defaults]\n")
      add_section(overview.sections, section);
    section = PolicySection{{}, {}, {host}};
  };
  bool is_of_all = true;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with('[')) {
      finish();
      is_of_all = line.starts_with("[defaults]");
      section.why = std::exchange(comments, {});
    }
    if (line.starts_with('#'))
      comments += fmt::format("{}{}", comments.empty() ? "" : " ",
                              line.substr(std::min(line.find_first_not_of("# "), line.size())));
    else if (line.empty())
      comments.clear();
    else if (!is_of_all)
      section.text += fmt::format("{}\n", line);
  }
  finish();
}

} // namespace

unsigned Share::percent() const {
  return bytes == 0 ? 0 : static_cast<unsigned>(sealed * 100 / bytes);
}

void Overview::add_document(const std::string& text, const std::string& host,
                            std::string_view path) {
  if (text.starts_with(kPolicyFirstLine)) {
    hosts.insert(host);
    add_policy(*this, std::string_view{text}.substr(kPolicyFirstLine.size()), host);
    return;
  }
  const Json document = Json::parse(text, nullptr, false);
  const std::string schema = document.is_object() ? text_in(document, "schema") : "";
  if (schema == "sealwax-status 1") {
    hosts.insert(host);
    for (const Json& process : array_in(document, "processes"))
      if (process.is_object())
        add_process(*this, process, host);
  } else if (schema == "sealwax-report-summary 1") {
    std::vector<Finding> more;
    for (const Json& object : array_in(document, "findings"))
      if (object.is_object())
        more.push_back(finding_of(object, host));
    hosts.insert(host);
    lines += number_in(document, "lines");
    dropped += number_in(document, "dropped");
    add_findings(std::move(more));
  } else {
    throw CommandError(fmt::format("{} is neither a policy nor what 'sealwax status --json' or "
                                   "'sealwax report --json' answers",
                                   printable(path)));
  }
}

void Overview::add_findings(std::vector<Finding> more) {
  for (Finding& finding : more) {
    hosts.insert(finding.hosts.begin(), finding.hosts.end());
    findings.push_back(std::move(finding));
  }
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& left, const Finding& right) {
    return key_of(left) < key_of(right);
  });
  std::vector<Finding> sums;
  for (Finding& finding : findings)
    if (!sums.empty() && key_of(sums.back()) == key_of(finding))
      add_to(sums.back(), finding);
    else
      sums.push_back(std::move(finding));
  findings = std::move(sums);
}

std::string host_of_file(std::string_view path) {
  std::string_view name = file_name(path);
  for (const std::string_view end : std::array<std::string_view, 7>{
           ".json", ".conf", "-status", ".status", "-report", ".report", "-policy"})
    if (name.ends_with(end) && name.size() > end.size())
      name.remove_suffix(end.size());
  return std::string{name};
}

} // namespace sealwax::cli::report
