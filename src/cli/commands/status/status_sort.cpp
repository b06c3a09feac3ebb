// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/status/status_sort.hpp"

#include <algorithm>
#include <utility>

namespace sealwax::cli {
namespace {

std::string name_of(const ProcessStatus& status) {
  return status.executable.value_or(status.name);
}

double share_of(const ProcessStatus& status) {
  return Threshold{0, status.verdict.wanted_bytes, status.verdict.sealed_bytes}.share();
}

std::size_t open_bytes(const ProcessStatus& status) {
  return status.verdict.wanted_bytes - status.verdict.sealed_bytes;
}

/// What wants a look comes first: the least sealed, the most open.
bool is_before(const ProcessStatus& a, const ProcessStatus& b, SortKey key) {
  switch (key) {
  case SortKey::name:
    return name_of(a) < name_of(b);
  case SortKey::unit:
    return a.unit < b.unit;
  case SortKey::user:
    return a.user < b.user;
  case SortKey::sealed:
    return share_of(a) < share_of(b);
  case SortKey::open:
    return open_bytes(a) > open_bytes(b);
  case SortKey::pid:
    break;
  }
  return a.pid < b.pid;
}

class SortingReport : public StatusReport {
public:
  SortingReport(std::unique_ptr<StatusReport> report, SortKey key)
      : report_(std::move(report)), key_(key) {}

  void add(ProcessStatus status) override { processes_.push_back(std::move(status)); }

  void add_error(std::optional<pid_t> pid, std::string_view message) override {
    report_->add_error(pid, message);
  }

  void finish(const StatusSummary& summary) override {
    // Stable: what is alike stays in the order of PIDs.
    std::stable_sort(
        processes_.begin(), processes_.end(),
        [this](const ProcessStatus& a, const ProcessStatus& b) { return is_before(a, b, key_); });
    for (ProcessStatus& status : processes_)
      report_->add(std::move(status));
    report_->finish(summary);
  }

private:
  std::unique_ptr<StatusReport> report_;
  SortKey key_;
  std::vector<ProcessStatus> processes_;
};

} // namespace

std::unique_ptr<StatusReport> sorting_report(std::unique_ptr<StatusReport> report, SortKey key) {
  return std::make_unique<SortingReport>(std::move(report), key);
}

} // namespace sealwax::cli
